//! The buffers of ureq for one connection: heads, and bodies that only ureq decodes.

use ureq::unversioned::transport::Buffers;

use super::socket_handle::SocketHandle;

/// Initial and largest length of the input buffer in bytes. The largest holds every accepted head.
const INPUT_LEN: [usize; 2] = [32 * 1024, 512 * 1024];
/// Length of the output buffer in bytes, for the head of a request.
const OUTPUT_LEN: usize = 16 * 1024;

/// Buffers that report to the [`SocketHandle`] how much they hold.
#[derive(Debug)]
pub(crate) struct UreqBuffers {
    transport: SocketHandle,
    input: Vec<u8>,
    /// Range of the input that is not consumed.
    start: usize,
    end: usize,
    output: Vec<u8>,
    /// True if the last call consumed anything; only then can the rest be used without more input.
    has_progressed: bool,
}

impl UreqBuffers {
    pub fn new(transport: &SocketHandle) -> Self {
        Self {
            transport: transport.clone(),
            input: Vec::new(),
            start: 0,
            end: 0,
            output: Vec::new(),
            has_progressed: false,
        }
    }

    fn report(&self) {
        self.transport.set_buffered(self.end - self.start);
    }
}

impl Buffers for UreqBuffers {
    fn output(&mut self) -> &mut [u8] {
        self.output.resize(OUTPUT_LEN, 0);
        &mut self.output
    }

    fn input(&self) -> &[u8] {
        &self.input[self.start..self.end]
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.input.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        if self.end == self.input.len() {
            let [min, max] = INPUT_LEN;
            let len = (2 * self.input.len()).clamp(min, max);
            self.input.resize(len, 0);
        }
        &mut self.input[self.end..]
    }

    fn input_appended(&mut self, amount: usize) {
        self.end += amount;
        self.report();
    }

    fn input_consume(&mut self, amount: usize) {
        self.has_progressed = amount > 0;
        self.start += amount;
        self.report();
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.input_append_buf();
        self.output.resize(OUTPUT_LEN, 0);
        (&mut self.input[self.end..], &mut self.output)
    }

    fn can_use_input(&self) -> bool {
        self.start < self.end && self.has_progressed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_hold_the_longest_head_and_report_what_is_left() {
        let transport = SocketHandle::default();
        let mut buffers = UreqBuffers::new(&transport);
        let mut held = 0;
        while !buffers.input_append_buf().is_empty() {
            let free = buffers.input_append_buf();
            let len = free.len().min(5000);
            free[..len].fill((held / 5000) as u8);
            buffers.input_appended(len);
            held += len;
        }
        assert_eq!((held, transport.buffered()), (INPUT_LEN[1], held));
        buffers.input_consume(10_001);
        assert_eq!(
            (buffers.input()[0], transport.buffered()),
            (2, held - 10_001)
        );
        assert_eq!(buffers.input_append_buf().len(), 10_001);
        assert_eq!(buffers.input()[0], 2, "unconsumed input stays");
    }
}
