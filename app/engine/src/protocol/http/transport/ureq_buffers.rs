//! What the agent keeps of a connection: the head of an answer, and bodies that only it understands.

use ureq::unversioned::transport::Buffers;

use super::connection_state::TransportState;

/// Room for what is received, in bytes: at first, and at most, for the longest head that is read.
const INPUT_LEN: [usize; 2] = [32 * 1024, 128 * 1024];
/// Room for the head of a request, in bytes.
const OUTPUT_LEN: usize = 16 * 1024;

/// Buffers that tell the line how much they hold.
#[derive(Debug)]
pub(crate) struct UreqBuffers {
    line: TransportState,
    input: Vec<u8>,
    /// What is in it and was not consumed.
    from: usize,
    to: usize,
    output: Vec<u8>,
    /// Whether what was consumed last was something: then what follows may be of use as it is.
    has_progressed: bool,
}

impl UreqBuffers {
    pub fn new(line: &TransportState) -> Self {
        Self {
            line: line.clone(),
            input: Vec::new(),
            from: 0,
            to: 0,
            output: Vec::new(),
            has_progressed: false,
        }
    }

    fn tell(&self) {
        self.line.has_buffered(self.to - self.from);
    }
}

impl Buffers for UreqBuffers {
    fn output(&mut self) -> &mut [u8] {
        self.output.resize(OUTPUT_LEN, 0);
        &mut self.output
    }

    fn input(&self) -> &[u8] {
        &self.input[self.from..self.to]
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.input.copy_within(self.from..self.to, 0);
        (self.from, self.to) = (0, self.to - self.from);
        if self.to == self.input.len() {
            let [least, most] = INPUT_LEN;
            let len = (2 * self.input.len()).clamp(least, most);
            self.input.resize(len, 0);
        }
        &mut self.input[self.to..]
    }

    fn input_appended(&mut self, amount: usize) {
        self.to += amount;
        self.tell();
    }

    fn input_consume(&mut self, amount: usize) {
        self.has_progressed = amount > 0;
        self.from += amount;
        self.tell();
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.input_append_buf();
        self.output.resize(OUTPUT_LEN, 0);
        (&mut self.input[self.to..], &mut self.output)
    }

    fn can_use_input(&self) -> bool {
        self.from < self.to && self.has_progressed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_hold_the_longest_head_and_tell_the_line_what_is_left() {
        let line = TransportState::default();
        let mut buffers = UreqBuffers::new(&line);
        let mut held = 0;
        while !buffers.input_append_buf().is_empty() {
            let room = buffers.input_append_buf();
            let len = room.len().min(5000);
            room[..len].fill((held / 5000) as u8);
            buffers.input_appended(len);
            held += len;
        }
        assert_eq!((held, line.buffered()), (INPUT_LEN[1], held));
        buffers.input_consume(10_001);
        assert_eq!((buffers.input()[0], line.buffered()), (2, held - 10_001));
        assert_eq!(buffers.input_append_buf().len(), 10_001);
        assert_eq!(buffers.input()[0], 2, "what was not consumed stays");
    }
}
