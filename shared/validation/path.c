/* A path between two network namespaces, to compare kernel TCP with the emulated link: a round-trip
 * time and, from server to client, a bottleneck with a drop-tail buffer and random loss.
 * `shared/validation/with-path` compiles and runs it; it requires root and /dev/net/tun.
 *
 * Each namespace gets a tun device; packets read from one are written to the other when they are due.
 * Times are absolute, so a late wake-up delays only the packets that became due in between. The loss of
 * a packet is a hash of the seed and its number: the same seed loses the same packets.
 *
 * With TRACE=FILE in the environment the bottleneck follows a delivery trace in mahimahi's format instead
 * of a rate: each line is a millisecond at which one packet may leave, counted from the first TCP packet of
 * the client, over and over. An opportunity that finds no packet is lost.
 *
 * With DEVICE=NAME the tun devices have this name instead of path0, so that there may be several paths.
 *
 * With REORDER="PERCENT MS" in the environment that share of the packets to the client is held back for MS
 * milliseconds behind the bottleneck, so that later packets overtake it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define MAX_BYTES 1500
#define MAX_QUEUED 65536 /* a power of two */
#define MAX_HELD 8192 /* a power of two */
#define MAX_STAMPS 1048576
#define NEVER UINT64_MAX
/* Acknowledgements without data are shorter than this and are never lost. */
#define MIN_LOST_LEN 100

typedef struct {
    uint64_t due_ns;
    int len;
    char bytes[MAX_BYTES];
} Packet;

typedef struct {
    int from, to;
    uint64_t delay_ns;
    double ns_per_byte; /* 0: no bottleneck */
    double buffer_bytes;
    double loss; /* 0 to 1 */
    uint64_t seed, seen;
    uint64_t link_free_ns;
    uint64_t first, end; /* packets in transit, counted from the start */
    Packet *queue;
    double reordered; /* 0 to 1 */
    uint64_t hold_ns;
    uint64_t first_held, end_held; /* packets that are held back, counted from the start */
    Packet *held;
    int has_trace;
    uint64_t first_queued; /* first packet that has not left the bottleneck */
    double queued_bytes;
} Direction;

/* A delivery trace: its times, the next one, and the start of the current round; 0 before the first packet. */
static struct {
    uint64_t *stamps_ns, count, next, round_ns;
} trace;

static volatile sig_atomic_t stopped;

static void stop(int signal) {
    (void)signal;
    stopped = 1;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Returns a number from 0 to 1, the same for the same two arguments (SplitMix64's finalizer). */
static double draw(uint64_t seed, uint64_t number) {
    uint64_t x = (seed << 32 ^ number) + 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return (double)((x ^ x >> 31) >> 11) / 9007199254740992.0;
}

static int tun_in(const char *namespace) {
    char path[256];
    snprintf(path, sizeof path, "/var/run/netns/%s", namespace);
    int own = open("/proc/self/ns/net", O_RDONLY), other = open(path, O_RDONLY);
    if (own < 0 || other < 0 || setns(other, CLONE_NEWNET)) fail(path);
    int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    const char *device = getenv("DEVICE");
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", device ? device : "path0");
    if (tun < 0 || ioctl(tun, TUNSETIFF, &request)) fail("/dev/net/tun");
    if (setns(own, CLONE_NEWNET)) fail("setns");
    close(own);
    close(other);
    return tun;
}

static void read_trace(const char *path) {
    FILE *file = fopen(path, "r");
    trace.stamps_ns = calloc(MAX_STAMPS, sizeof *trace.stamps_ns);
    if (!file || !trace.stamps_ns) fail(path);
    for (unsigned long ms; trace.count < MAX_STAMPS && fscanf(file, "%lu", &ms) == 1;) trace.stamps_ns[trace.count++] = ms * 1000000;
    fclose(file);
    if (!trace.count || !trace.stamps_ns[trace.count - 1]) fail("empty trace");
}

/* Takes the first opportunity from `now` on and returns its time. */
static uint64_t take_opportunity(uint64_t now) {
    for (;;) {
        uint64_t at = trace.round_ns + trace.stamps_ns[trace.next];
        if (++trace.next == trace.count) {
            trace.next = 0;
            trace.round_ns += trace.stamps_ns[trace.count - 1];
        }
        if (at >= now) return at;
    }
}

/* Queues a packet of `len` bytes for an opportunity of the trace. Returns when it leaves; 0 when the buffer is full. */
static uint64_t queue_for_trace(Direction *direction, uint64_t now, int len) {
    for (; direction->first_queued < direction->end; direction->first_queued++) {
        Packet *packet = &direction->queue[direction->first_queued % MAX_QUEUED];
        if (packet->due_ns - direction->delay_ns > now) break;
        direction->queued_bytes -= packet->len;
    }
    if (direction->queued_bytes + len > direction->buffer_bytes) return 0;
    direction->queued_bytes += len;
    return take_opportunity(now);
}

/* Moves a packet to those that are held back, if it is drawn. Returns whether it was. */
static int hold_back(Direction *direction, const Packet *packet) {
    /* Another seed than that of the losses. */
    uint64_t seed = direction->seed ^ 0x4f2d;
    if (!direction->held || packet->len < MIN_LOST_LEN || draw(seed, direction->seen) >= direction->reordered) return 0;
    if (direction->end_held - direction->first_held == MAX_HELD) return 0;
    Packet *held = &direction->held[direction->end_held++ % MAX_HELD];
    *held = *packet;
    held->due_ns += direction->hold_ns;
    return 1;
}

/* Reads the packets that have arrived. */
static void receive(Direction *direction) {
    while (direction->end - direction->first < MAX_QUEUED) {
        Packet *packet = &direction->queue[direction->end % MAX_QUEUED];
        packet->len = (int)read(direction->from, packet->bytes, sizeof packet->bytes);
        if (packet->len <= 0) return;
        uint64_t now = now_ns(), leaves = now;
        if (packet->len >= MIN_LOST_LEN && draw(direction->seed, direction->seen++) < direction->loss) continue;
        int is_tcp = packet->bytes[0] >> 4 == 4 && packet->bytes[9] == 6;
        if (!direction->has_trace && !trace.round_ns && is_tcp) trace.round_ns = now;
        /* Before, only hosts announce themselves. */
        if (direction->has_trace && trace.round_ns) {
            leaves = queue_for_trace(direction, now, packet->len);
            if (!leaves) continue;
        } else if (direction->ns_per_byte > 0) {
            uint64_t free = direction->link_free_ns > now ? direction->link_free_ns : now;
            double queued = (double)(free - now) / direction->ns_per_byte;
            if (queued + packet->len > direction->buffer_bytes) continue;
            leaves = direction->link_free_ns = free + (uint64_t)(packet->len * direction->ns_per_byte);
        }
        packet->due_ns = leaves + direction->delay_ns;
        if (!hold_back(direction, packet)) direction->end++;
    }
}

/* Writes the packets of a ring that are due and returns the time of the next one. */
static uint64_t forward_ring(int to, Packet *ring, uint64_t size, uint64_t *first, uint64_t end) {
    for (; *first < end; ++*first) {
        Packet *packet = &ring[*first % size];
        if (packet->due_ns > now_ns()) return packet->due_ns;
        /* A full device drops the packet, as a full interface does. */
        if (write(to, packet->bytes, (size_t)packet->len) < 0 && stopped) break;
    }
    return NEVER;
}

/* Writes the packets that are due and returns the time of the next one. */
static uint64_t forward(Direction *direction) {
    uint64_t next = forward_ring(direction->to, direction->queue, MAX_QUEUED, &direction->first, direction->end);
    if (!direction->held) return next;
    uint64_t held = forward_ring(direction->to, direction->held, MAX_HELD, &direction->first_held, direction->end_held);
    return held < next ? held : next;
}

int main(int count, char **args) {
    if (count != 8) {
        fprintf(stderr, "usage: path CLIENT_NS SERVER_NS RTT_MS RATE_MBIT BUFFER_KIB LOSS_PERCENT SEED\n");
        return 2;
    }
    int client = tun_in(args[1]), server = tun_in(args[2]);
    double rate = atof(args[4]);
    uint64_t half_ns = (uint64_t)(atof(args[3]) * 1e6 / 2);
    Direction down = {.from = server, .to = client, .delay_ns = half_ns, .ns_per_byte = rate > 0 ? 8e3 / rate : 0,
                .buffer_bytes = atof(args[5]) * 1024, .loss = atof(args[6]) / 100,
                .seed = strtoull(args[7], NULL, 10), .queue = calloc(MAX_QUEUED, sizeof(Packet))};
    Direction up = {.from = client, .to = server, .delay_ns = half_ns, .queue = calloc(MAX_QUEUED, sizeof(Packet))};
    if (!down.queue || !up.queue) fail("memory");
    const char *trace_file = getenv("TRACE");
    if (trace_file) {
        read_trace(trace_file);
        down.has_trace = 1;
    }
    const char *reorder = getenv("REORDER");
    if (reorder) {
        double percent, ms;
        down.held = calloc(MAX_HELD, sizeof(Packet));
        if (!down.held || sscanf(reorder, "%lf %lf", &percent, &ms) != 2) fail("REORDER");
        down.reordered = percent / 100;
        down.hold_ns = (uint64_t)(ms * 1e6);
    }
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    prctl(PR_SET_TIMERSLACK, 1);
    puts("ready");
    fflush(stdout);
    while (!stopped) {
        receive(&down);
        receive(&up);
        uint64_t next = forward(&down), other = forward(&up), now = now_ns();
        if (other < next) next = other;
        uint64_t wait = next > now ? next - now : 0;
        struct timespec time = {.tv_nsec = wait < 100000000 ? (long)wait : 100000000};
        struct pollfd devices[] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
        ppoll(devices, 2, &time, NULL);
    }
    return 0;
}
