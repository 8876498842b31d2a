#!/bin/sh
# The first and only program of the virtual machine: the limits of both versions, and mounts and namespaces that would be
# rude to make anywhere else. Prints the probe's lines and stops the machine.

export PATH=/bin PROBE=/probe GO_PROBE=/go-probe CASES=/cases.sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
. "$CASES"

root=/sys/fs/cgroup
mount -t cgroup2 cgroup2 $root
echo "+cpu +cpuset" > $root/cgroup.subtree_control
echo "KERNEL $(uname -r)"

probe "root cgroup" 8 none || wrong "root cgroup"
limits v2 $root "v2"

# shown NAME WORKERS QUOTA SCRIPT: in a mount namespace of its own, in the cgroup /a, prepared by a script.
shown() {
    script=$4
    in_cgroup $root/a /bin/unshare -m sh -c ". $CASES; $script; probe \"\$@\"" sh "$1" "$2" "$3" || wrong "$1"
}
# The same, in a cgroup namespace as well, whose root is the process's cgroup. By its path, /bin/unshare is util-linux's:
# that of busybox, which its sh would take, knows no cgroup namespaces.
contained() {
    script=$4
    in_cgroup $root/a /bin/unshare -m -C sh -c ". $CASES; $script; probe \"\$@\"" sh "$1" "$2" "$3" || wrong "$1"
}
again="umount $root; mount -t cgroup2 cgroup2 $root"

mkdir $root/a $root/b
limit_v2 $root/a 150000
contained "namespace, as in a container: 1.5" 2 1.5 "$again"
contained "namespace, but the mount is from before" 8 none ":"
contained "namespace, the process moved out of it" 8 none "echo \$\$ > $root/b/cgroup.procs; $again"
shown "mounted elsewhere only: 1.5" 2 1.5 "umount $root; mkdir -p /mnt/cg; mount -t cgroup2 cgroup2 /mnt/cg"
shown "mounted at a path with a space: 1.5" 2 1.5 "umount $root; mkdir -p '/mnt/c g'; mount -t cgroup2 cgroup2 '/mnt/c g'"
shown "not mounted" 8 none "umount $root"
shown "hidden below another mount" 8 none "mount -t tmpfs tmpfs $root"
limit_v2 $root/a 500000
in_cgroup $root/a taskset -c 2,5 sh -c '. $CASES; probe "affinity 2 CPUs, quota 5" 2 5' || wrong "affinity"
echo +cpu > $root/a/cgroup.subtree_control
limit_v2 $root/a 150000
mkdir $root/a/inner
in_cgroup $root/a/inner /bin/unshare -m -C sh -c ". $CASES; $again; probe 'limit outside of the namespace: 1.5' 8 none" \
    || wrong "limit outside of the namespace"
rmdir $root/a/inner $root/a $root/b

mkdir "$root/with space"
limit_v2 "$root/with space" 150000
measured "$root/with space" "cgroup with a space in its name: 1.5" 2 1.5
rmdir "$root/with space"

mkdir $root/set
echo 0-2 > $root/set/cpuset.cpus
measured $root/set "cpuset of 3 CPUs, no quota" 3 none
rmdir $root/set

# Now the same machine with v1, beside an empty v2. The controller is free as soon as the kernel has forgotten the children.
echo "-cpu -cpuset" > $root/cgroup.subtree_control
umount $root
mount -t tmpfs tmpfs $root
mkdir $root/cpu,cpuacct $root/unified
tries=0
until mount -t cgroup -o cpu,cpuacct cgroup $root/cpu,cpuacct; do
    tries=$((tries + 1))
    [ $tries -lt 20 ] || break
    sleep 0.2
done
mount -t cgroup2 cgroup2 $root/unified
limits v1 $root/cpu,cpuacct "v1"

echo "DONE"
poweroff -f
