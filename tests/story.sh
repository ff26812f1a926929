# What the stories share: a folder that goes away, a server, people with names, and checks that end the story.
# Sourced by `two-people.sh` and `week.sh` with the path of `lua-store` as the first argument.

store=$(realpath "${1:?usage: $0 PATH-OF-lua-store}")
work=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null && wait "$server" || true; fi
    rm -rf "$work"
}
trap finish EXIT
export HOME=$work NO_COLOR=1 GIT_CONFIG_NOSYSTEM=1
unset LUA_API_KEY LUA_STORE_TOKEN LUA_STORE_AUTHOR XDG_CONFIG_HOME CI GITHUB_ACTOR
cd "$work"

say() { printf '\n# %s\n' "$*"; }

# Runs a command as somebody: `ana push` prints the command and its output.
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
    [ "$code" = "$wanted" ] || fail "that must end with exit code $wanted, and ended with $code"
}

fail() {
    echo "$*" >&2
    exit 1
}

must_have() {
    grep -q -- "$2" "$1" || fail "\"$1\" must have: $2"
}

must_not_have() {
    if grep -q -- "$2" "$1"; then fail "\"$1\" must not have: $2"; fi
}

# Replaces a text in a file: `edit ana/shop/src/index.ts old new`.
edit() {
    must_have "$1" "$2"
    sed -i.bak "s/$2/$3/" "$1" && rm "$1.bak"
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

# A server with a token for the agent: sets `url` and `token`.
serve() {
    mkdir data
    "$store" serve token create --agent agent_shop --scope "$1" --data data > token.txt 2>/dev/null
    token=$(grep -o 'lst_[A-Za-z0-9_]*' token.txt | head -n 1)
    "$store" serve --listen 127.0.0.1:0 --data data > address.txt 2> server.log &
    server=$!
    for _ in $(seq 100); do [ -s address.txt ] && break; sleep 0.05; done
    url=$(head -n 1 address.txt)/agent_shop
}
