#!/bin/bash
# Four network namespaces of this machine as four hosts: each with its own address, name and link to a bridge, MPI over
# TCP between them. Needs root, iproute2 and Open MPI.
#
#   hosts.sh up | down          make them, remove them
#   hosts.sh run N COMMAND…     mpirun of N ranks, one a host, started on the first
#   hosts.sh cut I | join I     take host I off the network, put it back
#   hosts.sh pid I PATTERN      processes of host I
set -eu
bridge=rp-bridge
hosts="1 2 3 4"
here=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")

case ${1:-} in
up)
    ip link add $bridge type bridge
    ip link set $bridge up
    for i in $hosts; do
        ip netns add rp-host$i
        ip link add rp-veth$i type veth peer name eth0 netns rp-host$i
        ip link set rp-veth$i master $bridge up
        ip -n rp-host$i address add 10.77.0.$i/24 dev eth0
        ip -n rp-host$i link set eth0 up
        ip -n rp-host$i link set lo up
    done
    ;;
down)
    for i in $hosts; do ip netns del rp-host$i || true; done
    ip link del $bridge || true
    ;;
agent) # What mpirun calls in place of ssh: agent ADDRESS COMMAND…
    shift
    i=${1##*.}
    shift
    exec ip netns exec rp-host$i unshare --uts sh -c "hostname host$i; $*"
    ;;
run)
    n=$2
    shift 2
    file=$(mktemp)
    for i in $hosts; do [ $i -le $n ] && echo "10.77.0.$i slots=1"; done >"$file" || true
    printf '#!/bin/sh\nexec %s agent "$@"\n' "$here" >"$file.agent"
    chmod +x "$file.agent"
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    exec ip netns exec rp-host1 unshare --uts sh -c 'hostname host1; exec "$@"' sh \
        mpirun -n "$n" --hostfile "$file" --mca plm_rsh_agent "$file.agent" --mca btl tcp,self \
        --mca oob_tcp_keepalive_time 5 --mca oob_tcp_keepalive_intvl 2 --mca oob_tcp_keepalive_probes 3 \
        --mca btl_tcp_if_include eth0 --mca oob_tcp_if_include eth0 --bind-to none --map-by node "$@"
    ;;
cut) ip link set rp-veth$2 down ;;
join) ip link set rp-veth$2 up ;;
pid)
    for p in $(ip netns pids rp-host$2); do
        tr '\0' ' ' <"/proc/$p/cmdline" | grep -q "^[^ ]*$3" && echo "$p" || true
    done
    ;;
*) sed -n '2,8p' "$0" && exit 2 ;;
esac
