#!/usr/bin/env bash
# Two people work on one agent through a server. Prints the story as it happens, and ends with an
# error when anything is not as it must be.
#
#     cargo build && tests/two-people.sh target/debug/lua-store
set -euo pipefail

store=$(realpath "${1:?usage: tests/two-people.sh PATH-OF-lua-store}")
work=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null && wait "$server" || true; fi
    rm -rf "$work"
}
trap finish EXIT
export HOME=$work NO_COLOR=1 GIT_CONFIG_NOSYSTEM=1
unset LUA_API_KEY LUA_STORE_TOKEN LUA_STORE_AUTHOR XDG_CONFIG_HOME
cd "$work"

say() { printf '\n# %s\n' "$*"; }

# Runs a command as somebody: `ana push` prints the command and what it says.
as() {
    local who=$1
    shift
    printf '%s$ lua-store %s\n' "$who" "$*"
    (cd "$work/$who/shop" && LUA_STORE_AUTHOR=$who@example.com LUA_STORE_TOKEN=$token "$store" "$@" 2>&1)
}
ana() { as ana "$@"; }
ben() { as ben "$@"; }

# The next command must end so: `exits 1 ben push`.
exits() {
    local wanted=$1 code=0
    shift
    "$@" || code=$?
    if [ "$code" != "$wanted" ]; then
        echo "that must end with exit code $wanted, and ended with $code" >&2
        exit 1
    fi
}

must_have() {
    grep -q -- "$2" "$1" || { echo "\"$1\" must have: $2" >&2; exit 1; }
}

agent() {
    mkdir -p src/skills
    cat > src/index.ts <<'TS'
import { LuaAgent } from 'lua-cli';
import { orders } from './skills/orders';
import { catalog } from './skills/catalog';

export const agent = new LuaAgent({
  name: 'shop',
  persona: `You are Ava.
You help customers shop.`,
  model: 'openai/gpt-4o',
  skills: [orders, catalog],
});
TS
    for name in orders catalog; do
        cat > "src/skills/$name.ts" <<TS
import { defineSkill } from 'lua-cli';

export const $name = defineSkill({
  name: '$name',
  description: 'Knows about $name',
  context: 'Use this when a customer asks about $name.',
});
TS
    done
    echo '{ "name": "shop" }' > package.json
}

say "A server, and a token for the agent"
mkdir data
"$store" serve token create --agent agent_shop --scope promote --data data > token.txt 2>/dev/null
token=$(grep -o 'lst_[A-Za-z0-9_]*' token.txt | head -n 1)
"$store" serve --listen 127.0.0.1:0 --data data > address.txt 2> server.log &
server=$!
for _ in $(seq 100); do [ -s address.txt ] && break; sleep 0.05; done
url=$(head -n 1 address.txt)/agent_shop

say "Ana starts, pushes, makes v1 and promotes it"
mkdir -p ana/shop ben
(cd ana/shop && agent)
ana init --agent-id agent_shop
ana remote add origin "$url"
ana push -m "the first push"
ana version create -m "first version"
ana version promote v1
ana sync --check

say "Ben clones it, and has everything"
printf 'ben$ lua-store clone %s shop\n' "$url"
(cd ben && LUA_STORE_AUTHOR=ben@example.com LUA_STORE_TOKEN=$token "$store" clone "$url" shop 2>&1)
ben version list
must_have ben/shop/src/index.ts 'You are Ava'

say "Both change something else; Ana is first"
sed -i.bak 's/Knows about orders/Knows where every order is/' ana/shop/src/skills/orders.ts && rm ana/shop/src/skills/orders.ts.bak
sed -i.bak 's/Knows about catalog/Knows every product/' ben/shop/src/skills/catalog.ts && rm ben/shop/src/skills/catalog.ts.bak
ana push -m "orders"
exits 1 ben push -m "catalog"

say "Ben pulls: both changes are there, nothing is lost, and his push goes on top"
ben pull
must_have ben/shop/src/skills/orders.ts 'Knows where every order is'
must_have ben/shop/src/skills/catalog.ts 'Knows every product'
ben push -m "catalog"

say "Ana gets it, makes v2 and promotes it"
ana pull
must_have ana/shop/src/skills/catalog.ts 'Knows every product'
ana version create -m "orders and catalog"
ana version promote v2

say "Ben's code and what is published are the same; then he changes the persona"
ben sync --check
sed -i.bak 's/You help customers shop./You help customers shop well./' ben/shop/src/index.ts && rm ben/shop/src/index.ts.bak
exits 1 ben sync --check

say "He makes a version of it, and promotes while Ana went back meanwhile: he is told what she did and why"
ben pull
ben push -m "persona"
ben version create -m "a better persona"
ana version promote v1 -m "v2 was slow"
exits 1 ben version promote v3 --expect v2
ben version promote v3
ben log --ledger

say "Both change the same skill: a conflict that names it, and leaves everything as it was"
ana pull
sed -i.bak 's/Knows every product/Knows all products/' ana/shop/src/skills/catalog.ts && rm ana/shop/src/skills/catalog.ts.bak
sed -i.bak 's/Knows every product/Knows each product/' ben/shop/src/skills/catalog.ts && rm ben/shop/src/skills/catalog.ts.bak
ana push -m "catalog, by Ana"
exits 1 ben pull
must_have ben/shop/src/skills/catalog.ts 'Knows each product'
ben pull --ours
must_have ben/shop/src/skills/catalog.ts 'Knows each product'
ben push -m "catalog, by Ben"

say "Both stores are whole, and so is the server"
ana fetch
ana fsck
ben fsck
echo
echo "Nothing was lost."
