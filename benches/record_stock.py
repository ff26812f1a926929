#!/usr/bin/env python3
"""Writes down what the stock compiler makes of the projects in `tests/fixtures/stock`.

    record_stock.py MODULES [PROJECT...]

`MODULES` is a `node_modules` folder with lua-cli. Each project gets a `made.json`: the primitives of the manifest
by kind and name, with the texts, tools and schemas that the platform is given. The tests hold our notes against it.
"""

import json
import os
import shutil
import sys
import tempfile

import compare_stock

FORMS = os.path.join(compare_stock.TOP, "tests/fixtures/stock")
KEPT = ["kind", "name", "description", "routingDescription", "context", "persona", "model", "tools", "schemas",
        "hasCondition"]


def made(project, modules, scratch):
    folder = os.path.join(scratch, os.path.basename(project))
    shutil.copytree(project, folder)
    os.symlink(os.path.abspath(modules), os.path.join(folder, "node_modules"))
    manifest = compare_stock.stock(folder, scratch)
    return [{key: one[key] for key in KEPT if key in one} for one in manifest["primitives"]]


def main():
    modules, *names = sys.argv[1:]
    for name in names or sorted(os.listdir(FORMS)):
        project = os.path.join(FORMS, name)
        with tempfile.TemporaryDirectory() as scratch:
            found = made(project, modules, scratch)
        with open(os.path.join(project, "made.json"), "w", encoding="utf-8") as file:
            json.dump(found, file, indent=1, ensure_ascii=False)
            file.write("\n")
        print(f"{name}: {len(found)} primitives")


if __name__ == "__main__":
    main()
