//! The machine that is measured on, and what it has left for us. Linux only.

use std::{fs, thread};

use anyhow::{Context, Result};

/// The processor, the cores that may be used, the memory and the kernel.
pub fn name() -> Result<String> {
    let processor = field("/proc/cpuinfo", "model name")?;
    let cores = thread::available_parallelism()?;
    let memory = kibibytes(&field("/proc/meminfo", "MemTotal")?)? >> 20;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    Ok(format!(
        "machine: {processor}, {cores} cores, {memory} GiB, Linux {}",
        kernel.trim(),
    ))
}

/// How many processes wanted to run during the last one, five and fifteen minutes.
pub fn load_average() -> Result<String> {
    let text = fs::read_to_string("/proc/loadavg")?;
    Ok(text.split(' ').take(3).collect::<Vec<_>>().join(" "))
}

/// The memory of this process that is in RAM.
pub fn resident_bytes() -> Result<u64> {
    Ok(kibibytes(&field("/proc/self/status", "VmRSS")?)? << 10)
}

/// The first value that a file of `name: value` lines has for a name.
fn field(file: &str, name: &str) -> Result<String> {
    fs::read_to_string(file)?
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find_map(|(found, value)| (found.trim() == name).then(|| value.trim().to_owned()))
        .with_context(|| format!("`{file}` has no `{name}`"))
}

fn kibibytes(text: &str) -> Result<u64> {
    let number = text.strip_suffix(" kB").context("not in kB")?;
    Ok(number.parse()?)
}
