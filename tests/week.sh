#!/usr/bin/env bash
# A week of a team: two colleagues, a server, a CI job, somebody on call. Prints the story as it happens, and ends
# with an error when anything is not as it must be.
#
#     cargo build && tests/week.sh target/debug/lua-store
set -euo pipefail

source "$(dirname "$0")/story.sh"

# A skill with two tools, so that two people can each add one.
tools() {
    cat > src/skills/tools.ts <<'TS'
import { defineTool } from 'lua-cli';

export const find = defineTool({
  name: 'find',
  description: 'Finds a product',
  execute: async () => [],
});

export const price = defineTool({
  name: 'price',
  description: 'Says what a product costs',
  execute: async () => 0,
});
TS
    sed -i.bak "s/^import.*/&\nimport { find, price } from '.\/tools';/; s/customer asks about catalog.',/&\n  tools: [\n    find,\n    price,\n  ],/" src/skills/catalog.ts
    rm src/skills/catalog.ts.bak
}

add_tool() {
    local who=$1 name=$2 after=$3
    cat >> "$who/shop/src/skills/tools.ts" <<TS

export const $name = defineTool({
  name: '$name',
  description: 'Does $name',
  execute: async () => [],
});
TS
    sed -i.bak "s/{ find, price }/{ find, price, $name }/; s/^    $after,/    $after,\n    $name,/" "$who/shop/src/skills/catalog.ts"
    rm "$who/shop/src/skills/catalog.ts.bak"
}

say "Monday. A server; Ana starts, and the first version goes live in one step"
serve admin
mkdir -p ana/shop ben
(cd ana/shop && agent && tools)
ana
ana init --agent-id agent_shop
ana remote add origin "$url"
ana push -m "the first push"
ana version create --promote -m "launch"
printf 'ben$ lua-store clone %s shop\n' "$url"
(cd ben && LUA_STORE_AUTHOR=ben@example.com LUA_STORE_TOKEN=$token "$store" clone "$url" shop 2>&1)
ben

say "A mistyped path makes nothing, a mistyped option is no version"
exits 3 ben clone ../../ana/shpo
[ ! -e ana/shpo ] && [ ! -e ben/shop/format ] || fail "a mistyped clone made something"
exits 2 ben version promote --froce v1
exits 2 ben checkout v1

say "Tuesday. Both add a tool to one skill: it merges, and both are there"
add_tool ana stock find
add_tool ben refund price
ana push -m "stock"
ben pull
must_have ben/shop/src/skills/catalog.ts 'stock'
must_have ben/shop/src/skills/catalog.ts 'refund'
ben compile
ben push -m "refund"
ana pull

say "Wednesday. A CI job has a fresh checkout and a token, and no store"
mkdir -p ci/shop
cp -r ben/shop/package.json ben/shop/src ci/shop/
rm ci/shop/src/skills/orders.ts
sed -i.bak "/orders/d; s/skills: \[orders, catalog\]/skills: [catalog]/" ci/shop/src/index.ts && rm ci/shop/src/index.ts.bak
sed -i.bak "s/  model: 'openai\/gpt-4o',/&\n  skills: [catalog],/" ci/shop/src/index.ts && rm ci/shop/src/index.ts.bak
as ci push --remote "$url" -m "without orders" --expect-source v3
as ci version create --promote --if-changed -m "without orders"
as ci version create --promote --if-changed -m "nothing new"
ana pull
[ ! -e ana/shop/src/skills/orders.ts ] || fail "a file that the job deleted is still there"

say "Thursday. The code does not parse: all that needs no reading is shown"
edit ana/shop/src/index.ts 'new LuaAgent({' 'new LuaAgent(({'
exits 1 ana status
exits 1 ana push
ana log -n 1
edit ana/shop/src/index.ts 'new LuaAgent(({' 'new LuaAgent({'

say "Both rewrite the same sentence: a conflict, solved in the file"
ana pull
ben pull
edit ana/shop/src/index.ts 'You help customers shop.' 'You help customers shop quickly.'
edit ben/shop/src/index.ts 'You help customers shop.' 'You help customers shop calmly.'
ana push -m "quickly"
exits 1 ben pull
exits 1 ben pull --markers
must_have ben/shop/src/index.ts '<<<<<<<'
ben status || true
exits 1 ben pull --continue
awk '/^<<<<<<</ { print "You help customers shop quickly and calmly.`,"; markers = 1 }
    !markers { print }
    /^>>>>>>>/ { markers = 0 }' ben/shop/src/index.ts > solved.ts
mv solved.ts ben/shop/src/index.ts
cat ben/shop/src/index.ts
ben pull --continue
ben push -m "quickly and calmly"

say "Who wrote that sentence, and was it ever live?"
ben blame persona
ben log -S calmly
ben log src/index.ts
ben diff --pushed

say "A file is restored alone, and the edit that it replaced comes back"
edit ben/shop/src/skills/catalog.ts 'Knows about catalog' 'Knows it all'
ben restore src/skills/catalog.ts
must_have ben/shop/src/skills/catalog.ts 'Knows about catalog'
ben snapshot list
ben snapshot restore latest
must_have ben/shop/src/skills/catalog.ts "Knows it all"
ben restore src/skills/catalog.ts

say "Friday. A key leaked into a file: it goes from every version, here, on the server and in clones"
ana pull
echo 'the hostname of the database is db-7.example.com' > ana/shop/notes.txt
ana push -m "notes"
ben pull
rm ana/shop/notes.txt
ana push -m "no notes"
ana purge notes.txt --dry-run
ana purge notes.txt --reason "it names a machine" --force
ana log --ledger --verify
exits 1 ben pull
rm ben/shop/notes.txt
ben pull
ben log --ledger --verify
if ben show source/v6:notes.txt | grep -q db-7; then fail "the clone has the text still"; fi
ana gc --prune-older-than 0

say "The week is over: both stores are whole, and so is the server"
ben fetch
ana fsck
ben fsck
echo
echo "The week went through."
