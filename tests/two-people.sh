#!/usr/bin/env bash
# Two people work on one agent through a server. Prints the story as it happens, and ends with an
# error when anything is not as it must be.
#
#     cargo build && tests/two-people.sh target/debug/lua-store
set -euo pipefail

source "$(dirname "$0")/story.sh"

say "A server, and a token for the agent"
serve promote

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
edit ana/shop/src/skills/orders.ts 'Knows about orders' 'Knows where every order is'
edit ben/shop/src/skills/catalog.ts 'Knows about catalog' 'Knows every product'
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
edit ben/shop/src/index.ts 'You help customers shop.' 'You help customers shop well.'
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
edit ana/shop/src/skills/catalog.ts 'Knows every product' 'Knows all products'
edit ben/shop/src/skills/catalog.ts 'Knows every product' 'Knows each product'
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
