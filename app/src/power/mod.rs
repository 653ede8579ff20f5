//! Keeps the machine awake, puts it to sleep, or shuts it down, with the programs that each system has for that.

mod awake;
mod awake_switch;
mod machine;

pub(crate) use awake_switch::AwakeSwitch;
pub(crate) use machine::MachineAction;
