//! Filters of system calls: a process may not reach others, the network, or seldom used parts of the kernel.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

/// Additional rules where no namespace hides other processes and files: no signals to any process but `pid`,
/// and no changes of files' modes, unless `modes` is true.
#[derive(Debug, Clone, Copy)]
pub struct ProcessRules {
    /// The process itself.
    pub pid: u32,
    /// True if it may change modes, as a linker does.
    pub modes: bool,
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

fn always(calls: &[i64]) -> Rules {
    // No condition: the call is refused whatever its arguments are.
    calls.iter().map(|&call| (call, Vec::new())).collect()
}

fn when(argument: u8, operator: SeccompCmpOp, value: u64) -> Result<Vec<SeccompRule>> {
    let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)?;
    Ok(vec![SeccompRule::new(vec![condition])?])
}

fn program(rules: Rules, errno: i32) -> Result<BpfProgram> {
    let architecture = std::env::consts::ARCH
        .try_into()
        .context("no filter for this processor")?;
    let answer = SeccompAction::Errno(errno.unsigned_abs());
    Ok(SeccompFilter::new(rules, SeccompAction::Allow, answer, architecture)?.try_into()?)
}

/// The filters of a job, each to be loaded. `forks` allows it to start processes.
pub fn programs(forks: bool, process_rules: Option<ProcessRules>) -> Result<Vec<BpfProgram>> {
    let mut refused = always(&[
        // The network, and sockets of the file system. A socket pair reaches nobody, and tokio needs one.
        libc::SYS_socket,
        // Other processes.
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_pidfd_getfd,
        libc::SYS_kcmp,
        // The kernel's state.
        libc::SYS_mount,
        libc::SYS_umount2,
        libc::SYS_pivot_root,
        libc::SYS_chroot,
        libc::SYS_move_mount,
        libc::SYS_open_tree,
        libc::SYS_fsopen,
        libc::SYS_fsconfig,
        libc::SYS_fsmount,
        libc::SYS_fspick,
        libc::SYS_mount_setattr,
        libc::SYS_unshare,
        libc::SYS_setns,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_userfaultfd,
        libc::SYS_keyctl,
        libc::SYS_add_key,
        libc::SYS_request_key,
        libc::SYS_name_to_handle_at,
        libc::SYS_open_by_handle_at,
        libc::SYS_fanotify_init,
        libc::SYS_kexec_load,
        libc::SYS_init_module,
        libc::SYS_finit_module,
        libc::SYS_delete_module,
        libc::SYS_reboot,
        libc::SYS_swapon,
        libc::SYS_swapoff,
        libc::SYS_acct,
        libc::SYS_quotactl,
        libc::SYS_settimeofday,
        libc::SYS_clock_settime,
        libc::SYS_vhangup,
        // Memory that no address space limit counts.
        libc::SYS_memfd_create,
        libc::SYS_memfd_secret,
        libc::SYS_shmget,
        libc::SYS_msgget,
        libc::SYS_semget,
        libc::SYS_mq_open,
    ]);
    refused.insert(libc::SYS_clone, {
        let spaces = libc::CLONE_NEWUSER as u64;
        when(0, SeccompCmpOp::MaskedEq(spaces), spaces)?
    });
    if let Some(ProcessRules { pid, modes }) = process_rules {
        if !modes {
            refused.extend(always(&[
                libc::SYS_fchmod,
                libc::SYS_fchmodat,
                libc::SYS_fchmodat2,
            ]));
            #[cfg(target_arch = "x86_64")]
            refused.extend(always(&[libc::SYS_chmod]));
        }
        // A group that a process has left cannot be ended with it.
        refused.extend(always(&[
            libc::SYS_kill,
            libc::SYS_tkill,
            libc::SYS_rt_sigqueueinfo,
            libc::SYS_rt_tgsigqueueinfo,
            libc::SYS_pidfd_send_signal,
            libc::SYS_setsid,
            libc::SYS_setpgid,
        ]));
        refused.insert(libc::SYS_tgkill, when(0, SeccompCmpOp::Ne, u64::from(pid))?);
    }
    // As if the kernel were older: libraries then use what the other rules see through.
    let unknown = always(&[
        libc::SYS_clone3,
        libc::SYS_io_uring_setup,
        libc::SYS_io_uring_enter,
        libc::SYS_io_uring_register,
    ]);
    let mut programs = vec![
        program(refused, libc::EPERM)?,
        program(unknown, libc::ENOSYS)?,
    ];
    if !forks {
        let threads = libc::CLONE_THREAD as u64;
        let mut no_forks = BTreeMap::from([(
            libc::SYS_clone,
            when(0, SeccompCmpOp::MaskedEq(threads), 0)?,
        )]);
        #[cfg(target_arch = "x86_64")]
        no_forks.extend(always(&[libc::SYS_fork, libc::SYS_vfork]));
        programs.push(program(no_forks, libc::EAGAIN)?);
    }
    Ok(programs)
}

/// A program as the kernel, and bubblewrap, reads it.
pub fn bytes(program: &BpfProgram) -> Vec<u8> {
    let instruction = |it: &seccompiler::sock_filter| {
        let mut bytes = Vec::with_capacity(8);
        bytes.extend(it.code.to_ne_bytes());
        bytes.extend([it.jt, it.jf]);
        bytes.extend(it.k.to_ne_bytes());
        bytes
    };
    program.iter().flat_map(instruction).collect()
}
