//! Processes of a measurement: pinned to a core, and what they used of it.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;

/// Clock ticks a second in `/proc`; 100 on every Linux there is.
const TICKS: f64 = 100.0;

/// This program in another role on one core. Ends with the returned handle.
pub(crate) fn spawn_on(core: usize, role: &[&str]) -> anyhow::Result<Running> {
    let own = std::env::current_exe().context("finding this program")?;
    let child = Command::new("taskset")
        .arg("-c")
        .arg(core.to_string())
        .arg(own)
        .args(role)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("starting `taskset` (package util-linux), which pins a process to a core")?;
    Ok(Running(child))
}

/// A process of ours that is ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Moves a running process with all its threads to a core; its later children follow.
pub(crate) fn move_to(core: usize, pid: u32) -> anyhow::Result<()> {
    let status = Command::new("taskset")
        .args(["-a", "-c", "-p", &core.to_string(), &pid.to_string()])
        .stdout(Stdio::null())
        .status()
        .context("starting `taskset`")?;
    anyhow::ensure!(status.success(), "could not move process {pid} to core {core}");
    Ok(())
}

/// Seconds of processor time that a process used so far, with its ended children.
pub(crate) fn cpu_seconds(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in parentheses may hold spaces.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks: f64 =
        [11, 12, 13, 14].iter().filter_map(|at| fields.get(*at)?.parse::<f64>().ok()).sum();
    ticks / TICKS
}

/// The same for a process and its living children.
pub(crate) fn cpu_seconds_of_family(pid: u32) -> f64 {
    cpu_seconds(pid) + children(pid).into_iter().map(cpu_seconds).sum::<f64>()
}

/// The living children of a process.
pub(crate) fn children(pid: u32) -> Vec<u32> {
    let all = Path::new("/proc").read_dir().into_iter().flatten();
    all.filter_map(|entry| {
        let child: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        (parent(child)? == pid).then_some(child)
    })
    .collect()
}

fn parent(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()
}

/// The most memory this process ever held, in MB.
pub(crate) fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    let kilobytes = line.split_whitespace().next().and_then(|n| n.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}
