//! Types, which are no code: the reach is the same with and without them.

use super::{Project, only};
use crate::model::agent::Reach;

/// An agent whose only hook reaches one declaration and runs one function.
fn typed(lib: &str, execute: &str) -> (Reach, serde_json::Value) {
    let before = format!(
        "import {{ it }} from './lib'; export const hook = new LuaWebhook({{ name: 'h', execute: {execute} }});"
    );
    let agent =
        Project::agent("name: 'a', webhooks: [hook]", &before, &[("src/lib.ts", lib)]).read();
    let hook = only(&agent, "webhook");
    (hook.reach.clone(), hook.definition.clone())
}

#[test]
fn types_are_no_code() {
    let same = [
        (
            "function it(a, b, ...c) { return a; }",
            "function it<T extends string>(this: X, a: T, b?: number, ...c: T[]): T { type Y = 1; interface Z {} return a as unknown as T; }",
        ),
        (
            "function it(a) { return a; }",
            "function it(a: number): number; function it(a: any): any { return a; }",
        ),
        (
            "const it = (a = 1) => f(a.b).c;",
            "const it: Fn<1> = <T,>(a: number = 1): T => f<T>((a satisfies X)!.b!).c as const;",
        ),
        (
            "const it = new Map([[a]]);",
            "const it: Map<string, X[]> = new Map<string, X[]>([[<any>a]]);",
        ),
        ("let it;", "let it!: string;"),
        (
            "function it() { try { let a; } catch (e) {} }",
            "function it() { try { let a: number; } catch (e: unknown) {} }",
        ),
        (
            "class it extends B { x; m(a) {} get g() { return 1; } }",
            "abstract class it<T> extends B<T> implements C, D<T> { declare y: 1; [key: string]: any; private readonly x?: T; abstract z: 1; abstract n(): void; m(a: 1): void; protected override m(a: T): void {} public get g(): 1 { return 1; } }",
        ),
        (
            "class it { constructor(public a) {} }",
            "class it { constructor(private readonly a: string) {} }",
        ),
        ("const it = tag`a`;", "const it = tag<X>`a`;"),
    ];
    for (bare, full) in same {
        let export = |text: &str| format!("{text} export {{ it }};");
        let (one, other) = (typed(&export(bare), "() => it"), typed(&export(full), "() => it"));
        assert!(one.0.modules["src/lib.ts"].contains_key("it"), "{bare}");
        assert_eq!(one, other, "{full}");
    }
    let lib = "export const it = 1;";
    let typeless = typed(lib, "async (a) => it + a");
    assert_eq!(
        typed(lib, "async (a: { n: number }): Promise<number> => (it as number) + a"),
        typeless
    );
    assert_ne!(typed(lib, "async (a) => it - a").1, typeless.1);
}

#[test]
fn code_beside_types_is_code() {
    let different = [
        ("class it { x; }", "class it { declare x; }"),
        ("class it { constructor(a) {} }", "class it { constructor(public a) {} }"),
        ("class it { x: string; }", "class it { x: string = ''; }"),
        ("enum it { A }", "enum it { A = 1 }"),
        ("const it = (a as any).b;", "const it = (a as any).c;"),
        ("const it = <T,>(a?: T) => 1;", "const it = <T,>(a?: T) => 2;"),
        ("class it extends B<1> {}", "class it extends C<1> {}"),
    ];
    for (one, other) in different {
        let export = |text: &str| format!("{text} export {{ it }};");
        let (a, b) = (typed(&export(one), "() => it").0, typed(&export(other), "() => it").0);
        assert_ne!(a.modules["src/lib.ts"]["it"], b.modules["src/lib.ts"]["it"], "{other}");
    }
}
