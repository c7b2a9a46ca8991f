#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Healthy: the stats page answers. Where nothing listens for it, a connection to the client port must be taken.

stats_port=${MTPROXY_STATS_PORT:-2398}
port=${MTPROXY_PORT:-443}

curl -s -f --noproxy '*' --max-time 5 -o /dev/null "http://127.0.0.1:$stats_port/stats"
case $? in
    0) exit 0 ;;
    # connection refused
    7) ;;
    *)
        echo "no answer from the stats page on port $stats_port"
        exit 1
        ;;
esac
(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null ||
{
    echo "nobody listens on ports $stats_port and $port"
    exit 1
}
