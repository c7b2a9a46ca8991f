#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Starts the proxy in a container: secrets, configuration and addresses first, then this process becomes the proxy.
# docs/spec/contract.md (C-DOCK) says what must hold, docker/README.md lists the variables.
# Exit codes: 1 secrets or variables, 2 files from Telegram, 3 external address, 4 internal address; else the proxy's.

set -uf

# Tests put a folder in front of every path; in an image it is empty.
root=${MTPROXY_ROOT:-}
secret_file=$root/data/secret
secret_arguments_file=$root/data/secret_cmd
configuration_file=$root/etc/telegram/backend.conf
configuration_kept=$root/data/backend.conf
proxy_secret_file=$root/etc/telegram/hello-explorers-how-are-you-doing
proxy_secret_kept=$root/data/proxy-secret
program=$root/usr/local/bin/mtproto-proxy

configuration_url=https://core.telegram.org/getProxyConfig
proxy_secret_url=https://core.telegram.org/getProxySecret
external_address_url=https://digitalresistance.dog/myIp

secret_count_max=128
configuration_length_max=16777216
proxy_secret_length_min=32
proxy_secret_length_max=256

progress()
{
    printf '[+] %s\n' "$1"
}

show()
{
    printf '[*] %s\n' "$1"
}

warn()
{
    printf '[!] %s\n' "$1"
}

# Ends with exit code $1.
fail()
{
    printf '[F] %s\n' "$2"
    [ -z "${work:-}" ] || rm -rf "$work"
    exit "$1"
}

is_on()
{
    case ${1,,} in
        '' | 0 | no | off | false) return 1 ;;
    esac
}

# Whole number $1 from $2 to $3, without leading zeros.
is_number()
{
    [[ $1 =~ ^(0|[1-9][[:digit:]]{0,8})$ ]] && [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}

is_ipv4()
{
    local part='(0|[1-9][[:digit:]]{0,2})'
    [[ $1 =~ ^$part\.$part\.$part\.$part$ ]] && [ "${BASH_REMATCH[1]}" -le 255 ] && [ "${BASH_REMATCH[2]}" -le 255 ] &&
        [ "${BASH_REMATCH[3]}" -le 255 ] && [ "${BASH_REMATCH[4]}" -le 255 ]
}

# Writes file $1 over file $2: by renaming, or, where that cannot be done (a file mounted by itself), in place.
put()
{
    local new=$2.new
    if { [ ! -e "$2" ] || cp -p "$2" "$new"; } 2>/dev/null && cat "$1" 2>/dev/null >"$new" &&
        mv -f "$new" "$2" 2>/dev/null
    then
        return 0
    fi
    rm -f "$new" 2>/dev/null
    cat "$1" 2>/dev/null >"$2"
}

# Fetches $1 into file $2; an answer with an HTTP error is none.
download()
{
    curl -s -f --proto '=https' --connect-timeout 10 --max-time "$download_timeout" \
        --max-filesize "$configuration_length_max" -o "$2" "$1" </dev/null
}

# The settings that C's image does not have.
read_variables()
{
    port=${MTPROXY_PORT:-443}
    link_port=${MTPROXY_LINK_PORT:-$port}
    stats_port=${MTPROXY_STATS_PORT:-2398}
    download_timeout=${MTPROXY_DOWNLOAD_TIMEOUT:-30}
    refresh_interval=${MTPROXY_REFRESH_INTERVAL:-86400}
    offline=${MTPROXY_OFFLINE:-}
    local name value
    for name in port link_port stats_port
    do
        value=${!name}
        is_number "$value" 1 65535 || fail 1 "MTPROXY_${name^^} is ${value@Q}, it must be a port from 1 to 65535."
    done
    is_number "$download_timeout" 1 3600 ||
        fail 1 "MTPROXY_DOWNLOAD_TIMEOUT is ${download_timeout@Q}, it must be 1 to 3600 seconds."
    [ "$refresh_interval" = 0 ] || is_number "$refresh_interval" 60 31536000 ||
        fail 1 "MTPROXY_REFRESH_INTERVAL is ${refresh_interval@Q}, it must be 0 (never) or 60 to 31536000 seconds."
}

make_work_folder()
{
    local folder
    for folder in "${TMPDIR:-/tmp}" /dev/shm "$root/data"
    do
        work=$(mktemp -d "$folder/run.XXXXXX" 2>/dev/null) && return
    done
    fail 1 "There is no folder to write temporary files to: mount a tmpfs at /tmp, or make /data writable."
}

# Adds the secrets in the file to the list. Errors name the line, never what is in it.
read_secret_file()
{
    local line token number=0
    [ -f "$secret_file" ] || fail 1 "$secret_file is not a file."
    [ -r "$secret_file" ] || fail 1 "$secret_file cannot be read."
    while IFS= read -r line || [ -n "$line" ]
    do
        number=$((number + 1))
        line=${line%%#*}
        for token in ${line//[,$'\r']/ }
        do
            [[ $token =~ ^[[:xdigit:]]{32}$ ]] ||
                fail 1 "$secret_file:$number: a secret must be 32 hexadecimal digits, nothing before or behind."
            [ "${#secrets[@]}" -lt "$secret_count_max" ] ||
                fail 1 "$secret_file:$number: more than $secret_count_max secrets."
            secrets+=("${token,,}")
        done
    done <"$secret_file"
    [ "${#secrets[@]}" -gt 0 ] || fail 1 "$secret_file holds no secret."
}

read_secret_variable()
{
    local one='[[:xdigit:]]{32}' token
    [[ $SECRET =~ ^$one(,$one){0,127}$ ]] ||
        fail 1 "SECRET must be 1 to $secret_count_max secrets of 32 hexadecimal digits, with a comma and no blank between."
    for token in ${SECRET//,/ }
    do
        secrets+=("${token,,}")
    done
}

find_secrets()
{
    secrets=()
    if [ -s "$secret_file" ]
    then
        progress "Using the secrets in $secret_file."
        [ -z "${SECRET:-}" ] || progress "SECRET is not used: the file comes first."
        read_secret_file
    elif [ -n "${SECRET:-}" ]
    then
        progress "Using the secrets given by SECRET."
        read_secret_variable
    else
        fail 1 "No secret: set SECRET, or write one to $secret_file. One is made by: head -c 16 /dev/urandom | od -An -tx1"
    fi
}

keep_secrets()
{
    local IFS=,
    printf '%s\n' "${secrets[*]}" >"$work/secret"
    if ! cmp -s "$work/secret" "$secret_file" && ! put "$work/secret" "$secret_file"
    then
        # What the proxy reads there means the same, as long as it is there.
        [ -s "$secret_file" ] || fail 1 "Cannot write $secret_file."
        warn "Cannot write $secret_file, using it as it is."
    fi
    printf '%s\n' "-- --mtproto-secret-file $secret_file" >"$work/secret_cmd"
    put "$work/secret_cmd" "$secret_arguments_file" || warn "Cannot write $secret_arguments_file."
}

check_tag()
{
    tag=${TAG:-}
    tag_argument=()
    [ -n "$tag" ] || return 0
    progress "Using the tag given by TAG: ${tag@Q}."
    if [[ $tag =~ ^[[:xdigit:]]{32}$ ]]
    then
        tag=${tag,,}
        tag_argument=(-P "$tag")
    else
        warn "TAG is not 32 hexadecimal digits: going on without it."
        warn "The right tag comes from @MTProxybot."
    fi
}

# Whether file $1 is a whole configuration by the grammar of C-CFG, not the page of an error or a part of one.
is_configuration()
{
    local text host='([[:alnum:]._-]{1,63}|\[[[:xdigit:]:.]{2,61}\])' server statement
    [ -s "$1" ] && [ "$(wc -c <"$1")" -le "$configuration_length_max" ] || return 1
    text=$(sed 's/#.*//' "$1" | tr '\000\t\r\n' '\001   ')
    [[ ${text##*;} =~ ^\ *$ ]] || return 1
    server="proxy(_for *-?[[:digit:]]{1,5} +| *)$host *: *[[:digit:]]{1,5}"
    statement="(default *-?|min_connections *|max_connections *|timeout *)[[:digit:]]{1,5}"
    printf '%s' "${text%;*}" | tr ';' '\n' | LC_ALL=C grep -q -E -x " *$server *" || return 1
    ! printf '%s\n' "${text%;*}" | tr ';' '\n' | LC_ALL=C grep -v -E -x -e " *($server|$statement) *" | grep -q ''
}

is_proxy_secret()
{
    local length
    [ -f "$1" ] || return 1
    length=$(wc -c <"$1")
    [ "$length" -ge "$proxy_secret_length_min" ] && [ "$length" -le "$proxy_secret_length_max" ]
}

# A secret is random bytes, the page of an error is text.
is_downloaded_proxy_secret()
{
    is_proxy_secret "$1" && LC_ALL=C tr -d '[:print:][:space:]' <"$1" | grep -q -a ''
}

# Fetches the configuration to $work/configuration. Fails when what comes is none.
download_configuration()
{
    reason=
    rm -f "$work/configuration"
    if ! download "$configuration_url" "$work/configuration"
    then
        reason="cannot be downloaded"
    elif ! is_configuration "$work/configuration"
    then
        reason="came as something else (an error page?)"
    fi
    [ -z "$reason" ]
}

find_configuration()
{
    if is_on "$offline"
    then
        [ -f "$configuration_file" ] || fail 2 "MTPROXY_OFFLINE is set, but there is no file $configuration_file."
        [ -s "$configuration_file" ] ||
            fail 2 "MTPROXY_OFFLINE is set, but $configuration_file is empty."
        progress "Using the configuration in $configuration_file, nothing is downloaded."
        return
    fi
    progress "Downloading the configuration from $configuration_url."
    local kept
    if download_configuration
    then
        if put "$work/configuration" "$configuration_file"
        then
            put "$configuration_file" "$configuration_kept" || warn "Cannot write $configuration_kept."
            return
        fi
        reason="cannot be written to $configuration_file"
    fi
    for kept in "$configuration_file" "$configuration_kept"
    do
        if is_configuration "$kept"
        then
            warn "The configuration $reason: using the last good one, of $(date -r "$kept" '+%F %T')."
            [ "$kept" = "$configuration_file" ] || put "$kept" "$configuration_file" ||
                fail 2 "Cannot write $configuration_file."
            return
        fi
    done
    fail 2 "The configuration $reason, and there is no earlier one."
}

# The key by which this proxy and Telegram know each other. It is Telegram's, so it does not come with the image.
find_proxy_secret()
{
    umask 077
    local given=${MTPROXY_PROXY_SECRET:-}
    if [ -n "$given" ]
    then
        [[ $given =~ ^([[:xdigit:]]{2}){32,256}$ ]] || fail 1 "MTPROXY_PROXY_SECRET must be 64 to 512 hexadecimal digits."
        # shellcheck disable=SC2001
        printf '%b' "$(sed 's/../\\x&/g' <<<"$given")" >"$work/proxy-secret"
        cmp -s "$work/proxy-secret" "$proxy_secret_file" || put "$work/proxy-secret" "$proxy_secret_file" ||
            fail 2 "Cannot write $proxy_secret_file."
    elif ! is_proxy_secret "$proxy_secret_file"
    then
        ! is_on "$offline" ||
            fail 2 "MTPROXY_OFFLINE is set, but $proxy_secret_file is missing or not 32 to 256 bytes long."
        progress "Downloading the proxy secret from $proxy_secret_url."
        if download "$proxy_secret_url" "$work/proxy-secret" && is_downloaded_proxy_secret "$work/proxy-secret"
        then
            put "$work/proxy-secret" "$proxy_secret_kept" || warn "Cannot write $proxy_secret_kept."
        elif is_downloaded_proxy_secret "$proxy_secret_kept"
        then
            warn "The proxy secret cannot be downloaded: using the one of $(date -r "$proxy_secret_kept" '+%F %T')."
            cat "$proxy_secret_kept" >"$work/proxy-secret"
        else
            fail 2 "The proxy secret cannot be downloaded, or came as something else, and there is no earlier one."
        fi
        put "$work/proxy-secret" "$proxy_secret_file" || fail 2 "Cannot write $proxy_secret_file."
    fi
    umask "$umask_given"
}

find_external_address()
{
    external_address=${MTPROXY_EXTERNAL_IP:-}
    if [ -n "$external_address" ]
    then
        is_ipv4 "$external_address" || fail 3 "MTPROXY_EXTERNAL_IP is ${external_address@Q}, which is no IPv4 address."
        return
    fi
    ! is_on "$offline" || fail 3 "MTPROXY_OFFLINE is set: the external address must be given by MTPROXY_EXTERNAL_IP."
    external_address=$(curl -s -f -4 --proto '=https' --connect-timeout 10 --max-time "$download_timeout" \
        --max-filesize 4096 "$external_address_url" </dev/null | tr -d '\000 \t\r\n')
    [ -n "$external_address" ] ||
        fail 3 "The external address cannot be found at $external_address_url: set MTPROXY_EXTERNAL_IP."
    is_ipv4 "$external_address" ||
        fail 3 "The answer of $external_address_url is no IPv4 address: set MTPROXY_EXTERNAL_IP."
}

find_internal_address()
{
    internal_address=${MTPROXY_INTERNAL_IP:-}
    if [ -n "$internal_address" ]
    then
        is_ipv4 "$internal_address" || fail 4 "MTPROXY_INTERNAL_IP is ${internal_address@Q}, which is no IPv4 address."
        return
    fi
    local route word before=
    route=$(ip -4 route get 8.8.8.8 2>/dev/null)
    for word in $route
    do
        if [ "$before" = src ]
        then
            internal_address=$word
            break
        fi
        before=$word
    done
    is_ipv4 "$internal_address" || fail 4 "No route to 8.8.8.8 gives the internal address: set MTPROXY_INTERNAL_IP."
}

show_summary()
{
    local i shown link
    show "Configuration:"
    for ((i = 1; i <= ${#secrets[@]}; i++))
    do
        shown=${secrets[i - 1]}
        ! is_on "$hide_secrets" || shown="(hidden)"
        link="proxy?server=$external_address&port=$link_port&secret=$shown"
        show "  Secret $i: $shown"
        show "  Link $i: tg://$link"
        show "  Link $i: https://t.me/$link"
    done
    show "  Tag: ${tag:-no tag}"
    show "  External IP: $external_address"
    show "  The links name port $link_port: change it in them if clients reach this proxy by another one."
}

# Runs beside the proxy, which keeps the process id of this script: fetches, and asks for a reload when something is new.
refresh_forever()
{
    local proxy=$$ parent
    while sleep "$refresh_interval" && read -r _ _ _ parent _ <"/proc/$BASHPID/stat" && [ "$parent" = "$proxy" ]
    do
        make_work_folder
        if ! download_configuration
        then
            warn "The configuration $reason: the one in use stays."
        elif ! cmp -s "$work/configuration" "$configuration_file"
        then
            if put "$work/configuration" "$configuration_file"
            then
                put "$configuration_file" "$configuration_kept" || warn "Cannot write $configuration_kept."
                progress "The configuration is new, asking the proxy to read it."
                kill -HUP "$proxy"
            else
                warn "Cannot write $configuration_file: the configuration in use stays."
            fi
        fi
        rm -rf "$work"
    done
}

hide_secrets=${MTPROXY_HIDE_SECRETS:-}
umask_given=$(umask)
[ -z "${DEBUG:-}" ] || is_on "$hide_secrets" || set -x
printf '%s\n' "####" "#### mtproto-proxy" "####"
[ -z "${DEBUG:-}" ] || ! is_on "$hide_secrets" || warn "DEBUG is not used, as a trace shows secrets."

read_variables
make_work_folder
find_secrets
keep_secrets
check_tag
find_configuration
find_proxy_secret
find_external_address
find_internal_address
show_summary
rm -rf "$work"

sleep 1
if [ "$refresh_interval" != 0 ] && ! is_on "$offline"
then
    refresh_forever &
fi
progress "Starting the proxy."
exec "$program" -p "$stats_port" --http-stats -H "$port" -M "${WORKERS:-2}" -C 60000 \
    --aes-pwd "$proxy_secret_file" -u root "$configuration_file" --allow-skip-dh \
    --nat-info "$internal_address:$external_address" --mtproto-secret-file "$secret_file" \
    ${tag_argument[@]+"${tag_argument[@]}"}
