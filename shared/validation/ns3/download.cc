/* Downloads a file over several connections in ns-3 and prints the completion time in seconds, for the comparison
 * with kernel TCP and the link model; `compare` in this folder compiles and runs it.
 *
 * The path is a bottleneck with a drop-tail buffer in bytes, behind a link that loses packets at random. The
 * senders run CUBIC with HyStart, SACK, PRR, 10 segments at first and a retransmission timeout of at least 200 ms,
 * as Linux does. The file is shared as Lanes shares it: equal segments, requests in advance, and an idle
 * connection takes half of what the slowest one has not requested; the last bytes are not fetched twice.
 */
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <map>
#include <ns3/core-module.h>
#include <ns3/internet-module.h>
#include <ns3/network-module.h>
#include <ns3/point-to-point-module.h>
#include <ns3/traffic-control-module.h>
#include <vector>

using namespace ns3;

namespace {

constexpr uint64_t PACKET = 65'536;      // length of a packet of Lanes, in bytes
constexpr uint64_t MAX_WINDOW = 8 << 20; // request window, in bytes
constexpr uint32_t REQUEST = 16;         // length of a request, in bytes
constexpr uint16_t PORT = 5115;

struct Connection {
    Ptr<Socket> client, server;
    uint64_t next = 0, end = 0; // unclaimed bytes of its segment
    uint64_t outstanding = 0, received = 0;
    std::vector<uint64_t> requests; // lengths of requests that the server has not read
    uint32_t requestBytes = 0;
    uint64_t toSend = 0;
    double opened = 0;
    // The request window, as in shared/src/request_window.rs.
    uint64_t window = 4 * PACKET, intervalBytes = 0;
    double intervalStart = 0, horizon = 0;
};

class Download {
  public:
    Download(uint64_t bytes, size_t count, bool stealing) : missing(bytes), stealing(stealing), connections(count) {
        uint64_t share = (bytes / count + PACKET - 1) / PACKET * PACKET;
        for (size_t i = 0; i < count; i++) {
            connections[i].next = std::min(bytes, i * share);
            connections[i].end = i + 1 == count ? bytes : std::min(bytes, (i + 1) * share);
        }
    }

    void Listen(Ptr<Node> server) {
        listener = Socket::CreateSocket(server, TcpSocketFactory::GetTypeId());
        listener->Bind(InetSocketAddress(Ipv4Address::GetAny(), PORT));
        listener->Listen();
        listener->SetAcceptCallback(MakeNullCallback<bool, Ptr<Socket>, const Address &>(),
                                    MakeCallback(&Download::OnAccept, this));
    }

    void Open(size_t index, Ptr<Node> node, Ipv4Address address) {
        Connection &connection = connections[index];
        connection.opened = Simulator::Now().GetSeconds();
        connection.client = Socket::CreateSocket(node, TcpSocketFactory::GetTypeId());
        connection.client->SetRecvCallback(MakeCallback(&Download::OnData, this));
        connection.client->SetConnectCallback(MakeCallback(&Download::OnConnected, this), MakeNullCallback<void, Ptr<Socket>>());
        connection.client->Bind();
        connection.client->Connect(InetSocketAddress(address, PORT));
        Address local;
        connection.client->GetSockName(local);
        ports[InetSocketAddress::ConvertFrom(local).GetPort()] = index;
        indices[connection.client] = index;
    }

    double done = 0;

  private:
    void OnConnected(Ptr<Socket> socket) { Fill(indices[socket]); }

    void OnAccept(Ptr<Socket> socket, const Address &from) {
        size_t index = ports[InetSocketAddress::ConvertFrom(from).GetPort()];
        connections[index].server = socket;
        indices[socket] = index;
        socket->SetRecvCallback(MakeCallback(&Download::OnRequest, this));
        socket->SetSendCallback(MakeCallback(&Download::OnRoom, this));
    }

    void OnRequest(Ptr<Socket> socket) {
        Connection &connection = connections[indices[socket]];
        while (Ptr<Packet> packet = socket->Recv()) {
            if (packet->GetSize() == 0) break;
            connection.requestBytes += packet->GetSize();
        }
        for (; connection.requestBytes >= REQUEST; connection.requestBytes -= REQUEST) {
            connection.toSend += connection.requests.front();
            connection.requests.erase(connection.requests.begin());
        }
        OnRoom(socket, socket->GetTxAvailable());
    }

    void OnRoom(Ptr<Socket> socket, uint32_t) {
        Connection &connection = connections[indices[socket]];
        while (connection.toSend > 0) {
            uint64_t room = std::min<uint64_t>({connection.toSend, socket->GetTxAvailable(), PACKET});
            if (room == 0) return;
            int sent = socket->Send(Create<Packet>(room));
            if (sent <= 0) return;
            connection.toSend -= sent;
        }
    }

    void OnData(Ptr<Socket> socket) {
        size_t index = indices[socket];
        Connection &connection = connections[index];
        while (Ptr<Packet> packet = socket->Recv()) {
            uint64_t len = packet->GetSize();
            if (len == 0) break;
            connection.outstanding -= len;
            connection.received += len;
            missing -= len;
            Adapt(connection, len);
        }
        if (missing == 0) {
            done = Simulator::Now().GetSeconds();
            Simulator::Stop();
            return;
        }
        Fill(index);
    }

    void Adapt(Connection &connection, uint64_t len) {
        double now = Simulator::Now().GetSeconds() - connection.opened;
        if (connection.horizon == 0) {
            connection.intervalStart = now;
            connection.horizon = std::clamp(2 * now, 0.05, 1.0);
        }
        connection.intervalBytes += len;
        if (connection.intervalBytes < connection.window / 4) return;
        double elapsed = now - connection.intervalStart;
        if (elapsed < connection.horizon / 4) connection.window = std::min(2 * connection.window, MAX_WINDOW);
        else if (elapsed > connection.horizon) connection.window = std::max(connection.window / 2, PACKET);
        connection.intervalBytes = 0;
        connection.intervalStart = now;
    }

    /* Requests more until the window is full. */
    void Fill(size_t index) {
        Connection &connection = connections[index];
        uint64_t window = stealing ? connection.window : UINT64_MAX;
        while (connection.outstanding < window) {
            uint64_t run = stealing ? connection.window / 4 : UINT64_MAX;
            if (connection.next == connection.end && (!stealing || connection.outstanding > run || !Steal(index))) return;
            uint64_t len = std::min(run, connection.end - connection.next);
            connection.next += len;
            connection.outstanding += len;
            connection.requests.push_back(len);
            connection.client->Send(Create<Packet>(REQUEST));
        }
    }

    /* Takes half of what the connection has not requested that would need the longest. */
    bool Steal(size_t index) {
        double longest = 0, now = Simulator::Now().GetSeconds();
        Connection *from = nullptr;
        for (Connection &other : connections) {
            uint64_t left = other.end - other.next;
            double speed = (other.received + 1) / std::max(now - other.opened, 1e-3);
            if (left <= PACKET || left / speed <= longest) continue;
            longest = left / speed;
            from = &other;
        }
        if (!from) return false;
        uint64_t half = ((from->end - from->next) / 2 + PACKET - 1) / PACKET * PACKET;
        connections[index].end = from->end;
        connections[index].next = from->end -= half;
        return true;
    }

    uint64_t missing;
    bool stealing;
    std::vector<Connection> connections;
    Ptr<Socket> listener;
    std::map<uint16_t, size_t> ports;
    std::map<Ptr<Socket>, size_t> indices;
};

} // namespace

int main(int count, char **args) {
    double rate = 50, rtt = 40, buffer = 244, loss = 0;
    uint64_t bytes = 10'000'000, seed = 1;
    uint32_t connections = 1, window = 6 << 20, delayedAcks = 1;
    bool stealing = true;
    CommandLine line;
    line.AddValue("rate", "Mbit/s", rate);
    line.AddValue("rtt", "ms", rtt);
    line.AddValue("buffer", "KiB", buffer);
    line.AddValue("loss", "percent", loss);
    line.AddValue("window", "receive window in bytes", window);
    line.AddValue("bytes", "length of the file", bytes);
    line.AddValue("connections", "number of connections", connections);
    line.AddValue("delayedAcks", "segments for each acknowledgement", delayedAcks);
    line.AddValue("stealing", "idle connections take work from others", stealing);
    line.AddValue("seed", "of losses and start times", seed);
    line.Parse(count, args);

    RngSeedManager::SetSeed(1);
    RngSeedManager::SetRun(seed);
    Config::SetDefault("ns3::TcpL4Protocol::SocketType", TypeIdValue(TcpCubic::GetTypeId()));
    Config::SetDefault("ns3::TcpL4Protocol::RecoveryType", TypeIdValue(TcpPrrRecovery::GetTypeId()));
    Config::SetDefault("ns3::TcpSocket::SegmentSize", UintegerValue(1448));
    Config::SetDefault("ns3::TcpSocket::InitialCwnd", UintegerValue(10));
    Config::SetDefault("ns3::TcpSocket::SndBufSize", UintegerValue(6 << 20));
    Config::SetDefault("ns3::TcpSocket::RcvBufSize", UintegerValue(window));
    Config::SetDefault("ns3::TcpSocket::DelAckCount", UintegerValue(delayedAcks));
    Config::SetDefault("ns3::TcpSocketBase::MinRto", TimeValue(MilliSeconds(200)));
    Config::SetDefault("ns3::TcpSocketBase::ClockGranularity", TimeValue(MilliSeconds(1)));

    NodeContainer nodes;
    nodes.Create(3); // server, router, client
    PointToPointHelper fast, slow;
    fast.SetDeviceAttribute("DataRate", StringValue("20Gbps"));
    fast.SetChannelAttribute("Delay", TimeValue(Seconds(0)));
    fast.SetQueue("ns3::DropTailQueue", "MaxSize", StringValue("100000p"));
    slow.SetDeviceAttribute("DataRate", DataRateValue(DataRate(static_cast<uint64_t>(rate * 1e6))));
    slow.SetChannelAttribute("Delay", TimeValue(MicroSeconds(static_cast<uint64_t>(rtt * 500))));
    slow.SetQueue("ns3::DropTailQueue", "MaxSize", QueueSizeValue(QueueSize(QueueSizeUnit::BYTES, buffer * 1024)));
    NetDeviceContainer first = fast.Install(nodes.Get(0), nodes.Get(1));
    NetDeviceContainer second = slow.Install(nodes.Get(1), nodes.Get(2));
    DynamicCast<PointToPointNetDevice>(second.Get(1))->SetDataRate(DataRate("20Gbps"));

    InternetStackHelper stack;
    stack.Install(nodes);
    Ipv4AddressHelper addresses("10.77.0.0", "255.255.255.0");
    Ipv4InterfaceContainer interfaces = addresses.Assign(first);
    addresses.SetBase("10.77.1.0", "255.255.255.0");
    addresses.Assign(second);
    Ipv4GlobalRoutingHelper::PopulateRoutingTables();
    TrafficControlHelper control; // only the buffers of the devices queue
    control.Uninstall(first);
    control.Uninstall(second);
    if (loss > 0) {
        Ptr<RateErrorModel> errors = CreateObject<RateErrorModel>();
        errors->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
        errors->SetRate(loss / 100);
        first.Get(1)->SetAttribute("ReceiveErrorModel", PointerValue(errors));
    }

    Download download(bytes, connections, stealing);
    download.Listen(nodes.Get(0));
    Ptr<UniformRandomVariable> start = CreateObject<UniformRandomVariable>();
    start->SetStream(100);
    for (uint32_t i = 0; i < connections; i++) {
        Simulator::Schedule(Seconds(start->GetValue(0, 1e-4 * connections)), &Download::Open, &download, i,
                            nodes.Get(2), interfaces.GetAddress(0));
    }
    Simulator::Stop(Seconds(3600));
    Simulator::Run();
    std::cout << download.done << "\n";
    Simulator::Destroy();
    return download.done > 0 ? 0 : 1;
}
