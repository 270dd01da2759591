//! The system calls that a child process may make: those by which an allocator, a clock and two pipes work. Any other
//! fails with EPERM. It does not kill, so that a call that some C library makes in vain on the way harms nothing.

use libc::{
    EPERM, MAP_ANONYMOUS, PROT_EXEC, RLIMIT_CPU, STDERR_FILENO, STDIN_FILENO, STDOUT_FILENO, SYS_brk,
    SYS_clock_gettime, SYS_exit, SYS_exit_group, SYS_futex, SYS_getrandom, SYS_gettimeofday, SYS_madvise, SYS_mmap,
    SYS_mprotect, SYS_mremap, SYS_munmap, SYS_prlimit64, SYS_read, SYS_restart_syscall, SYS_rt_sigaction,
    SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sched_yield, SYS_sigaltstack, SYS_write, SYS_writev, c_long,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen::Dword, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, apply_filter,
};
use std::{collections::BTreeMap, io};

/// Calls that may be made with any arguments. Those about signals let a process abort; they reach no other process.
const FREE: [c_long; 16] = [
    SYS_brk,
    SYS_clock_gettime,
    SYS_exit,
    SYS_exit_group,
    SYS_futex,
    SYS_getrandom,
    SYS_gettimeofday,
    SYS_madvise,
    SYS_mremap,
    SYS_munmap,
    SYS_restart_syscall,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sched_yield,
    SYS_sigaltstack,
];

/// Installs the filter for good. An error where the kernel has none, refuses it, or the processor is one that the
/// filter does not know.
pub(super) fn install() -> io::Result<()> {
    let program = program().map_err(io::Error::other)?;
    apply_filter(&program).map_err(io::Error::other)
}

/// The filter, for this processor.
fn program() -> Result<BpfProgram, seccompiler::BackendError> {
    let mut rules: BTreeMap<c_long, Vec<SeccompRule>> = FREE.into_iter().map(|call| (call, Vec::new())).collect();
    let argument = |at, test, value: i64| SeccompCondition::new(at, Dword, test, value as u64);
    let is = |at, value: i64| argument(at, SeccompCmpOp::Eq, value);
    let bit = |at, mask: i64, value: i64| argument(at, SeccompCmpOp::MaskedEq(mask as u64), value);
    let (exec, anonymous) = (i64::from(PROT_EXEC), i64::from(MAP_ANONYMOUS));
    let output = || {
        let either = [STDOUT_FILENO, STDERR_FILENO].map(|fd| SeccompRule::new(vec![is(0, fd.into())?]));
        either.into_iter().collect::<Result<Vec<_>, _>>()
    };
    rules.insert(SYS_read, vec![SeccompRule::new(vec![is(0, STDIN_FILENO.into())?])?]);
    rules.insert(SYS_write, output()?);
    rules.insert(SYS_writev, output()?);
    // Memory without a file behind it, which never becomes code.
    rules.insert(SYS_mmap, vec![SeccompRule::new(vec![bit(2, exec, 0)?, bit(3, anonymous, anonymous)?])?]);
    rules.insert(SYS_mprotect, vec![SeccompRule::new(vec![bit(2, exec, 0)?])?]);
    // Each run sets its own bound on processor time.
    rules.insert(SYS_prlimit64, vec![SeccompRule::new(vec![is(0, 0)?, is(1, RLIMIT_CPU.into())?])?]);
    #[cfg(target_arch = "x86_64")]
    rules.insert(libc::SYS_time, Vec::new());
    let processor = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(rules, SeccompAction::Errno(EPERM as u32), SeccompAction::Allow, processor)?.try_into()
}
