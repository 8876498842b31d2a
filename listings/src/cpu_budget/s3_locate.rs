//! Stage 3: from two texts of `/proc` to the directories that hold the limits.
//!
//! `/proc/self/cgroup` names a cgroup; `/proc/self/mountinfo` says where, if anywhere, the tree it is in is mounted. Their
//! formats are in cgroups(7) and proc_pid_mountinfo(5). Paths are bytes: a cgroup may be named in any encoding.

/// Which generation of cgroups limits the CPU of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// One hierarchy for each controller or group of controllers.
    V1,
    /// One hierarchy for all of them.
    V2,
}

// ANCHOR: membership
/// The cgroup that a process is in, as far as its CPU time is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership<'a> {
    /// The hierarchy's generation.
    pub version: Version,
    /// The path below the hierarchy's root, or below that of the process's cgroup namespace.
    pub path: &'a [u8],
}

impl<'a> Membership<'a> {
    /// Reads a `/proc/self/cgroup`. `None` when no line of it is about CPU time.
    #[must_use]
    pub fn parse(cgroup: &'a [u8]) -> Option<Self> {
        // ANCHOR: solution_membership_parse
        let mut unified = None;
        for line in cgroup.split(|&byte| byte == b'\n') {
            // hierarchy:controllers:path, and the path may contain colons.
            let mut fields = line.splitn(3, |&byte| byte == b':');
            let (Some(id), Some(controllers), Some(path)) =
                (fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            if !path.starts_with(b"/") {
                continue;
            }
            if has_cpu(controllers) {
                // A controller is in one hierarchy only: where v1 has it, v2 has not.
                return Some(Self {
                    version: Version::V1,
                    path,
                });
            }
            if id == b"0" && controllers.is_empty() {
                unified = Some(Self {
                    version: Version::V2,
                    path,
                });
            }
        }
        unified
        // ANCHOR_END: solution_membership_parse
    }
}

/// Whether a list such as `cpuacct,cpu` has `cpu` as an element.
fn has_cpu(list: &[u8]) -> bool {
    // ANCHOR: solution_has_cpu
    list.split(|&byte| byte == b',')
        .any(|element| element == b"cpu")
    // ANCHOR_END: solution_has_cpu
}
// ANCHOR_END: membership

/// Why no directory shows the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreachable {
    /// The path leads out of the cgroup namespace: it contains `..`.
    OutsideNamespace,
    /// No visible mount of the hierarchy contains the cgroup.
    NotMounted,
}

// ANCHOR: directories
/// The directories of a cgroup and of those of its ancestors that are visible, from the cgroup itself upwards.
///
/// Where several mounts show the cgroup, the one that shows most ancestors is taken.
///
/// # Errors
///
/// Why there is none.
pub fn directories(member: Membership<'_>, mountinfo: &[u8]) -> Result<Vec<Vec<u8>>, Unreachable> {
    // ANCHOR: solution_directories
    let path: Vec<_> = components(member.path).collect();
    if path.iter().any(|&component| component == b"..") {
        return Err(Unreachable::OutsideNamespace);
    }
    let mounts: Vec<_> = mountinfo
        .split(|&byte| byte == b'\n')
        .filter_map(Mount::parse)
        .collect();
    let (mount, below) = mounts
        .iter()
        .filter(|mount| mount.shows == Some(member.version))
        .filter_map(|mount| Some((mount, below_root(&path, &mount.root)?)))
        .filter(|(mount, _)| mount.is_visible(&mounts))
        .max_by_key(|(_, below)| below.len())
        .ok_or(Unreachable::NotMounted)?;
    Ok((0..=below.len())
        .rev()
        .map(|depth| join(&mount.point, &below[..depth]))
        .collect())
    // ANCHOR_END: solution_directories
}

/// What is left of a path below a mount's root; `None` when the mount does not contain it.
fn below_root<'p, 'c>(mut path: &'p [&'c [u8]], root: &[u8]) -> Option<&'p [&'c [u8]]> {
    // ANCHOR: solution_below_root
    // By components, not by bytes: `/docker` does not contain `/docker2`.
    for component in components(root) {
        path = path
            .split_first()
            .filter(|(first, _)| **first == component)?
            .1;
    }
    Some(path)
    // ANCHOR_END: solution_below_root
}
// ANCHOR_END: directories

fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/')
        .filter(|component| !component.is_empty())
}

fn join(point: &[u8], below: &[&[u8]]) -> Vec<u8> {
    let mut path = if point == b"/" {
        Vec::new()
    } else {
        point.to_vec()
    };
    for component in below {
        path.push(b'/');
        path.extend_from_slice(component);
    }
    path
}

/// One line of a mountinfo.
#[derive(Debug)]
struct Mount<'a> {
    id: &'a [u8],
    parent: &'a [u8],
    /// The directory of the mounted file system that is at the mount point.
    root: Vec<u8>,
    point: Vec<u8>,
    /// Which generation's CPU controller the file system is, if any.
    shows: Option<Version>,
}

impl<'a> Mount<'a> {
    // ANCHOR: mount
    /// `36 35 0:33 /root /point rw,noatime shared:1 master:2 - cgroup cgroup rw,cpu,cpuacct`: between the sixth field and
    /// the hyphen stand any number of optional ones.
    fn parse(line: &'a [u8]) -> Option<Self> {
        // ANCHOR: solution_mount_parse
        let mut rest = line;
        let mut field = || {
            let end = rest.iter().position(|&byte| byte == b' ')?;
            let field = &rest[..end];
            rest = &rest[end + 1..];
            Some(field)
        };
        let (id, parent, _device) = (field()?, field()?, field()?);
        let (root, point, _options) = (field()?, field()?, field()?);
        while field()? != b"-" {}
        let (kind, _source) = (field()?, field()?);
        // What is left are the file system's options. They may contain spaces, so they are not split at any.
        let shows = match kind {
            b"cgroup2" => Some(Version::V2),
            b"cgroup" if has_cpu(rest) => Some(Version::V1),
            _ => None,
        };
        Some(Self {
            id,
            parent,
            root: unescape(root),
            point: unescape(point),
            shows,
        })
        // ANCHOR_END: solution_mount_parse
    }
    // ANCHOR_END: mount

    // ANCHOR: visible
    /// Whether this mount is what one reaches at its mount point, and not another one that lies on top of it.
    fn is_visible(&self, mounts: &[Self]) -> bool {
        // ANCHOR: solution_is_visible
        // Walk the path as the kernel does: from mount to mount, each time into the first one on the way. Ids that lead in
        // a circle are not the kernel's; the bound ends the walk for those as well.
        let mut here: Option<&Self> = None;
        for _ in 0..=mounts.len() {
            let is_child = |next: &Self| match here {
                Some(here) => next.parent == here.id && next.id != here.id,
                None => {
                    next.parent == next.id || mounts.iter().all(|other| other.id != next.parent)
                }
            };
            let on_the_way = mounts
                .iter()
                .rev()
                .filter(|next| contains(&next.point, &self.point) && is_child(next));
            // Of several at one place the last is on top, and it comes first here.
            match on_the_way.min_by_key(|next| next.point.len()) {
                Some(next) => here = Some(next),
                None => break,
            }
        }
        here.is_some_and(|here| std::ptr::eq(here, self))
        // ANCHOR_END: solution_is_visible
    }
    // ANCHOR_END: visible
}

/// Whether a directory is another one or an ancestor of it.
fn contains(directory: &[u8], path: &[u8]) -> bool {
    // ANCHOR: solution_contains
    let mut path = components(path);
    components(directory).all(|component| path.next() == Some(component))
    // ANCHOR_END: solution_contains
}

// ANCHOR: unescape
/// Undoes the kernel's escapes: a space in a path is written `\040`, in octal.
fn unescape(field: &[u8]) -> Vec<u8> {
    // ANCHOR: solution_unescape
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let [first, after @ ..] = rest {
        rest = after;
        let octal = |digits: &[u8; 3]| {
            let digits = str::from_utf8(digits)
                .ok()
                .filter(|digits| !digits.starts_with('+'))?;
            u8::from_str_radix(digits, 8).ok()
        };
        match (first, after.first_chunk::<3>().and_then(octal)) {
            (b'\\', Some(byte)) => {
                bytes.push(byte);
                rest = &after[3..];
            }
            _ => bytes.push(*first),
        }
    }
    bytes
    // ANCHOR_END: solution_unescape
}
// ANCHOR_END: unescape
