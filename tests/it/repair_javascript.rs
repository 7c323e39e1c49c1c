//! The repair worker on JavaScript and TypeScript projects of every runner.

use std::sync::Mutex;

use greenloop::base::cancel::CancelToken;
use greenloop::io::worker::Progress;
use greenloop::model::event::WorkResult;
use greenloop::model::proposal::Confidence;

use crate::place::rungs;
use crate::red::Red;

/// Fixes a fixture by edits that are tried many in a process; the edit's file.
fn check(fixture: &str, config: &str, file: &str) {
    fixes_fast(&Red::of_fixture(fixture, config, &rungs().pop().unwrap().1), file);
}

fn fixes_fast(red: &Red, edit: &str) {
    let told = Mutex::new(Vec::new());
    let (_, title, _) = red.fix_telling(&[], &|progress| told.lock().unwrap().push(progress));
    assert!(title.contains(edit), "{title}");
    let told: Vec<Progress> = told.into_inner().unwrap();
    assert!(!told.iter().any(|one| one.text.contains("ended early")), "{told:?}");
}

/// A red project of ES modules that Vitest tests.
fn of_vitest(files: &[(&str, &str)]) -> Red {
    let config = [
        ("greenloop.toml", "[[check]]\nrunner = \"vitest\"\n"),
        ("package.json", r#"{ "name": "project", "type": "module" }"#),
    ];
    Red::of_files_with_packages("typescript-agenda-vitest", &[&config, files].concat())
}

#[test]
fn fixtures_of_every_runner_are_fixed() {
    check("javascript-basket-node", "", "lib/discounts.js");
    check("javascript-slugs-mocha", "", "lib/slugs.js");
    check("javascript-units-jest", "", "src/convert.js");
    check("javascript-cart-react", "", "src/Cart.js");
    // Without the type check that its own packages lack.
    check("typescript-agenda-vitest", "[[check]]\nrunner = \"vitest\"\n", "src/agenda.ts");
}

const MANIFEST: &str =
    r#"{ "name": "money", "type": "module", "scripts": { "test": "node --test" } }"#;
const MONEY: &str = "export const half = (a) => {\n  return a / 3;\n};\n\n\
export function twice(a) {\n  return a + 2;\n}\n";
const MONEY_TEST: &str = "import test from 'node:test';\nimport assert from 'node:assert/strict';\n\
import { half, twice } from '../money.js';\n\n\
test('half', () => assert.deepEqual([2, 10, 44].map((a) => half(a)), [1, 5, 22]));\n\
test('twice', async () => assert.deepEqual([1, 2, 5].map((a) => twice(a)), [2, 4, 10]));\n";

fn money(text: &str) -> Red {
    Red::of_files(&[
        ("package.json", MANIFEST),
        ("money.js", text),
        ("test/money.test.js", MONEY_TEST),
    ])
}

/// One edit only brings it to the test's next line.
#[test]
fn a_test_that_needs_two_edits_by_itself_gets_them() {
    let test = "import test from 'node:test';\nimport assert from 'node:assert/strict';\n\
import { half, twice } from '../money.js';\n\n\
test('all', () => {\n  assert.deepEqual([2, 10, 44].map((a) => half(a)), [1, 5, 22]);\n  \
assert.deepEqual([1, 2, 5].map((a) => twice(a)), [2, 4, 10]);\n});\n";
    let files = [("package.json", MANIFEST), ("money.js", MONEY), ("test/money.test.js", test)];
    let red = Red::of_files(&files);
    assert_eq!(red.targets.len(), 1);
    let (tree, title, _) = red.fix(&[]);
    assert!(title.contains(" and "), "{title}");
    assert!(red.text(&tree, "money.js").contains("a / 2"), "{title}");
}

#[test]
fn two_faults_take_two_edits() {
    let red = money(MONEY);
    assert_eq!(red.targets.len(), 2);
    let (tree, title, _) = red.fix(&[]);
    assert!(title.contains(" and "), "{title}");
    assert!(red.text(&tree, "money.js").contains("a / 2"), "{title}");
}

/// Fixes a red project and expects a call by which another edit of the file that passes is told apart.
fn tells_apart(red: &Red, file: &str) {
    let (.., fact) = red.fix(&[]);
    let Some(Confidence::Differ { behaviours, difference }) = &fact.confidence else {
        panic!("{fact:?}")
    };
    assert!(*behaviours > 1 && difference.call.starts_with("price("), "{fact:?}");
    assert_ne!(difference.this, difference.other);
    assert!(!fact.others.is_empty() && fact.others.iter().all(|other| other.title.contains(file)));
}

const PARCEL_TEST: &str = "test('price', () => assert.equal(price(2, 2), 4));\n\
test('more', () => assert.ok(price(5, 1) > 3));\n\
test('none', () => assert.equal(price(0, 0), 0));\n";

#[test]
fn what_else_passes_is_offered_with_a_call_that_tells_it_apart() {
    let imports = "import test from 'node:test';\nimport assert from 'node:assert/strict';\n\
        import { price } from '../parcel.js';\n\n";
    let red = Red::of_files(&[
        ("package.json", MANIFEST),
        ("parcel.js", "export const price = (kilos, zone) => kilos - zone;\n"),
        ("test/parcel.test.js", &format!("{imports}{PARCEL_TEST}")),
    ]);
    tells_apart(&red, "parcel.js:1");
}

#[test]
fn what_else_passes_is_compared_in_typescript() {
    let code = "interface Parcel { kilos: number; zone: number }\n\n\
        export function price(parcel: Parcel): number {\n  return parcel.kilos - parcel.zone;\n}\n";
    let test = PARCEL_TEST.replace("price(", "price({ kilos: ").replace(", 1)", ", zone: 1 })");
    let test = test.replace(", 2),", ", zone: 2 }),").replace("0, 0)", "0, zone: 0 })");
    let imports =
        "import { assert, test } from 'vitest';\nimport { price } from '../src/parcel';\n\n";
    let red =
        of_vitest(&[("src/parcel.ts", code), ("test/parcel.test.ts", &format!("{imports}{test}"))]);
    tells_apart(&red, "src/parcel.ts:4");
}

#[test]
fn what_nothing_waits_for_is_waited_for() {
    let code = "export async function send(box: { put(a: string): Promise<number> }, text: string) {\n  \
        const count = box.put(text);\n  return count;\n}\n\n\
        export async function post(box: { put(a: string): Promise<number> }, text: string) {\n  \
        box.put(text);\n  return text;\n}\n";
    let test = "import { assert, expect, test } from 'vitest';\nimport { post, send } from '../src/post';\n\n\
        const full = { put: async () => { throw new Error('full'); } };\n\
        test('posts', async () => assert.equal(await post({ put: async () => 1 }, 'a'), 'a'));\n\
        test('tells', async () => { await expect(post(full, 'a')).rejects.toThrow('full'); });\n\
        test.each(['a', 'b'])('sends %p', async (text) => {\n  \
        assert.equal(await send({ put: async (it) => it.length }, text), 1);\n});\n";
    let red = of_vitest(&[("src/post.ts", code), ("test/post.test.ts", test)]);
    let names: Vec<&str> = red.targets.iter().map(|target| target.name.as_str()).collect();
    assert!(names.iter().any(|name| name.ends_with(" (unhandled)")), "{names:?}");
    fixes_fast(&red, "`box.put(text)` → `await box.put(text)`");
}

/// A file of tests that leave shared things changed: what the program itself needs, and what those after them need.
const UNTIDY_TEST: &str = "import test, { afterEach, beforeEach } from 'node:test';\nimport assert from 'node:assert/strict';\n\
    import { half } from '../money.js';\n\n\
    beforeEach((t) => { t.mock.method(console, 'error', () => {}); });\n\
    afterEach(() => assert.equal(console.error.mock.callCount(), 0));\n\n\
    const spies = (t) => [t.mock.method(console, 'log', () => {}), test.mock.method(process, 'on', () => {})];\n\
    test('half of a half', (t) => {\n  spies(t);\n  process.on('SIGUSR2', () => {});\n  assert.equal(half(half(4)), 1);\n});\n\
    test('is told', (t) => {\n  const [log, on] = spies(t);\n  console.log(half(2));\n  \
    assert.equal(log.mock.callCount(), 1);\n  assert.equal(on.mock.callCount(), 0);\n});\n\
    test('none', (t) => assert.equal(half(0), 0));\n";

#[test]
fn tests_that_leave_shared_things_changed_are_borne() {
    let red = Red::of_files(&[
        ("package.json", MANIFEST),
        ("money.js", &MONEY.replace("a + 2", "a * 2")),
        ("test/money.test.js", MONEY_TEST),
        ("test/untidy.test.js", UNTIDY_TEST),
    ]);
    fixes_fast(&red, "money.js:2");
}

#[test]
fn what_failed_is_tidied_up_after() {
    let test = "import test, { afterEach } from 'node:test';\nimport assert from 'node:assert/strict';\n\
        import { half, twice } from '../money.js';\n\n\
        let open = 0;\nafterEach(() => { open -= 1; });\n\
        test('half', () => { open += 1; assert.deepEqual([half(2), half(8), open], [1, 4, 1]); });\n\
        test('twice', () => { open += 1; assert.deepEqual([twice(1), twice(5), open], [2, 10, 1]); });\n";
    let red = Red::of_files(&[
        ("package.json", MANIFEST),
        ("money.js", &MONEY.replace("a + 2", "a * 2")),
        ("test/money.test.js", test),
    ]);
    fixes_fast(&red, "money.js:2");
}

#[test]
fn modules_have_the_names_that_a_configuration_gives_them() {
    // As plugins do that go by `tsconfig.json`.
    let paths = "{ name: 'paths', resolveId: (id) => id.startsWith('~/') ? \
        new URL(`./src/inner/${id.slice(2)}.ts`, import.meta.url).pathname : undefined }";
    let config = "export default { plugins: [PATHS], resolve: { alias: { '@/': new URL('./src/', import.meta.url).pathname, \
        shop: new URL('./src/parcel.ts', import.meta.url).pathname } }, \
        test: { setupFiles: ['./test/first.ts'] } };\n".replace("PATHS", paths);
    let tsconfig = r#"{ "compilerOptions": { "paths": { "~/*": ["./src/inner/*"] }, /* all */ } }"#;
    let test = "import { assert, test } from 'vitest';\nimport { price } from 'shop';\n\
        import { zone } from '@/zone';\n\
        import { base } from '~/base';\n\n\
        test('price', () => assert.equal(price(base, zone(globalThis.zone)), 4));\n";
    let red = of_vitest(&[
        ("vite.config.mjs", &config),
        ("tsconfig.json", tsconfig),
        ("src/parcel.ts", "export const price = (kilos: number, zone: number) => kilos + zone;\n"),
        ("src/inner/base.ts", "export const base = 6;\n"),
        ("src/zone.ts", "export const zone = (zone: number): number => zone;\n"),
        ("test/first.ts", "globalThis.zone = 2;\n"),
        ("test/parcel.test.ts", test),
    ]);
    fixes_fast(&red, "`+` → `-` in src/parcel.ts:1");

    let manifest = r#"{ "name": "parcel", "jest": { "moduleNameMapper": {
        "^@/(.*)$": "<rootDir>/lib/$1.js", "[.]css$": "<rootDir>/lib/style.js" } } }"#;
    let test = "const { price } = require('@/parcel');\nconst style = require('./a.css');\n\n\
        test('price', () => expect(price(6, style.zone)).toBe(4));\n";
    let red = Red::of_files_with_packages(
        "javascript-units-jest",
        &[
            ("greenloop.toml", "[[check]]\nrunner = \"jest\"\n"),
            ("package.json", manifest),
            ("lib/parcel.js", "exports.price = (kilos, zone) => kilos + zone;\n"),
            ("lib/style.js", "exports.zone = 2;\n"),
            ("test/parcel.test.js", test),
        ],
    );
    fixes_fast(&red, "`+` → `-` in lib/parcel.js:1");
}

/// Each has settings of its own, and its name stands before the titles of its tests.
#[test]
fn tests_of_several_projects_have_the_settings_of_theirs() {
    let of = |name: &str| {
        format!(
            "{{ test: {{ name: '{name}', include: ['{name}/*.test.ts'], setupFiles: ['./{name}/setup.ts'] }}, \
             resolve: {{ alias: {{ zone: new URL('./{name}/zone.ts', import.meta.url).pathname }} }} }}"
        )
    };
    let config = format!(
        "import {{ defineConfig }} from 'vitest/config';\n\n\
         export default defineConfig({{ test: {{ projects: [{}, {}] }} }});\n",
        of("far"),
        of("near")
    );
    let test = "import { expect, test } from 'vitest';\nimport { price } from '../src/parcel';\n\n\
        test('[] price', () => expect(price(6)).toBe((globalThis as any).wanted));\n";
    let red = of_vitest(&[
        ("vitest.config.mjs", &config),
        (
            "src/parcel.ts",
            "import { zone } from 'zone';\n\nexport const price = (kilos: number) => kilos + zone;\n",
        ),
        ("far/zone.ts", "export const zone = 0;\n"),
        ("far/setup.ts", "(globalThis as any).wanted = 6;\n"),
        ("far/far.test.ts", test),
        ("near/zone.ts", "export const zone = 2;\n"),
        ("near/setup.ts", "(globalThis as any).wanted = 4;\n"),
        ("near/near.test.ts", test),
    ]);
    fixes_fast(&red, "`+` → `-` in src/parcel.ts:3");

    let of = |name: &str| {
        format!(
            r#"{{ "displayName": "{name}", "testMatch": ["<rootDir>/{name}/*.test.js"],
                 "setupFiles": ["<rootDir>/{name}/setup.js"], "moduleNameMapper": {{ "^zone$": "<rootDir>/{name}/zone.js" }} }}"#
        )
    };
    let manifest = format!(
        r#"{{ "name": "parcel", "jest": {{ "projects": [{}, {}] }} }}"#,
        of("far"),
        of("near")
    );
    let test = "const { price } = require('../src/parcel');\n\n\
        test('[] price', () => expect(price(6)).toBe(wanted));\n";
    let red = Red::of_files_with_packages(
        "javascript-units-jest",
        &[
            ("greenloop.toml", "[[check]]\nrunner = \"jest\"\n"),
            ("package.json", &manifest),
            (
                "src/parcel.js",
                "const { zone } = require('zone');\n\nexports.price = (kilos) => kilos + zone;\n",
            ),
            ("far/zone.js", "exports.zone = 0;\n"),
            ("far/setup.js", "global.wanted = 6;\n"),
            ("far/far.test.js", test),
            ("near/zone.js", "exports.zone = 2;\n"),
            ("near/setup.js", "global.wanted = 4;\n"),
            ("near/near.test.js", test),
        ],
    );
    fixes_fast(&red, "`+` → `-` in src/parcel.js:3");
}

/// Mocha takes names of files from its folder, and has several ways of being told them.
#[test]
fn what_mocha_loads_first_is_loaded() {
    let manifest = r#"{ "scripts": { "test": "mocha --require test/env" } }"#;
    let test = "const assert = require('assert');\nconst { half } = require('../lib/half');\n\n\
                it('halves', () => assert.deepEqual([2, 10, 44].map(half), HALVES));\nit('is set up', () => assert.equal(MORE, 1));\n";
    let red = Red::of_files_with_packages(
        "javascript-slugs-mocha",
        &[
            ("package.json", manifest),
            (".mocharc.yml", "require:\n  - test/more.js\n"),
            ("lib/half.js", "exports.half = (n) => n / 3;\n"),
            ("test/env.js", "global.HALVES = [1, 5, 22];\n"),
            ("test/more.js", "global.MORE = 1;\n"),
            ("test/half.spec.js", test),
        ],
    );
    fixes_fast(&red, "lib/half.js");
}

/// As Babel and Vite let it be.
#[test]
fn files_may_mix_both_kinds_of_modules() {
    let transform = "const parts = [\n  [/^import (\\w+|\\{.+\\}) from (.+);$/gm, 'const $1 = require($2);'],\n  \
        [/^export const (\\w+) =/gm, 'const $1 = exports.$1 ='],\n];\n\
        const turned = (code) => parts.reduce((code, [from, to]) => code.replace(from, to), code);\n\
        module.exports = { process: (code) => ({ code: turned(code) }) };\n";
    let helpers = "import { base } from '../lib/base';\n\nexports.kilos = () => 5 + base;\nexports.two = 2;\n";
    let test = "import helpers from './helpers';\nimport { two } from './helpers';\n\
        const fs = require('fs');\nconst { price } = require('../lib/parcel');\n\
        const { base } = require('./both');\nimport { three } from './list';\n\n\
        let four;\ntry {\n  four = require('./optional');\n} catch {\n  four = 4;\n}\n\
        const zone = Number(fs.readFileSync(`${__dirname}/zone.txt`, 'utf8'));\n\
        const all = () => [price(helpers.kilos(), zone), two, base, three, four, Object.keys(helpers)];\n\
        test('price', () => expect(all()).toEqual([5, 2, 1, 3, 4, ['kilos', 'two']]));\n";
    let manifest = r#"{ "name": "parcel", "jest": { "transform": { "[.]js$": "<rootDir>/to-commonjs.js" } } }"#;
    let red = Red::of_files_with_packages(
        "javascript-units-jest",
        &[
            ("greenloop.toml", "[[check]]\nrunner = \"jest\"\n"),
            ("package.json", manifest),
            ("to-commonjs.js", transform),
            ("lib/base.js", "export const base = 1;\n"),
            (
                "lib/parcel.js",
                "import { base } from './base';\n\n\
                export const price = (kilos, zone) => base + kilos + zone;\n",
            ),
            ("test/both.js", "module.exports = { base: require('../lib/base').base };\n"),
            ("test/helpers.js", helpers),
            (
                "test/list.js",
                // A name that `require` alone completes.
                "import { base } from '../lib/base';\nimport next from 'semver/semver';\n\n\
                 module.exports = { three: base + 2, version: next.inc('1.0.0', 'patch') };\n",
            ),
            ("test/optional.js", "import all from 'not-installed';\n\nexport const one = all;\n"),
            ("test/parcel.test.js", test),
            ("test/zone.txt", "2"),
        ],
    );
    fixes_fast(&red, "`+` → `-` in lib/parcel.js:3");

    let test = "import { expect, test } from 'vitest';\nimport { price } from '../lib/parcel';\n\
        const fs = require('node:fs');\n\n\
        const zone = Number(fs.readFileSync(`${__dirname}/zone.txt`, 'utf8'));\n\
        test('price', () => expect(price(6, zone)).toBe(4));\n";
    let red = of_vitest(&[
        ("lib/parcel.js", "export const price = (kilos, zone) => kilos + zone;\n"),
        ("test/parcel.test.js", test),
        ("test/zone.txt", "2"),
    ]);
    fixes_fast(&red, "`+` → `-` in lib/parcel.js:1");
}

const CLOCK: &str = "export const zone = () => 3;\nexport const now = () => Date.now();\n\
    export default class Clock {\n  tick() {\n    return 1;\n  }\n}\n";

#[test]
fn jest_gives_other_things_in_place_of_modules() {
    let code = "import fs from 'fs';\nimport { zone, now } from './clock';\nimport { half } from './half';\nimport { rate } from 'rates';\n\n\
        export const price = (kilos) => half(kilos) + now() + zone() * rate();\nexport const has = (name) => fs.existsSync(name);\n";
    let test = "import fs from 'fs';\nimport { has, price } from './price';\nimport { half, third } from './half';\n\n\
        jest.mock('./clock');\njest.mock('fs');\njest.mock('./half', () => {\n  \
        const real = jest.requireActual('./half');\n  \
        return { ...real, half: jest.fn(real.half) }; // ')'\n});\n\n\
        beforeEach(() => fs.existsSync.mockReturnValue(true));\n\
        test('price', () => {\n  expect([price(8), price(4)]).toEqual([1, -1]);\n  \
        expect(half).toHaveBeenCalledWith(8);\n  expect(third(9)).toBe(3);\n  \
        expect([has('/nowhere'), typeof document]).toEqual([true, 'object']);\n});\n";
    let anew = "/** @jest-environment node */\nconst a = require('./a');\n\
        jest.mock('./b', () => ({ value: jest.fn().mockReturnValue(7) }));\n\n\
        test('mocked', () => expect([a.get(), typeof document]).toEqual([7, 'undefined']));\n\
        test('anew', () => {\n  a.next();\n  jest.resetModules();\n  expect(require('./a').next()).toBe(1);\n  \
        jest.isolateModules(() => expect(require('./a').next()).toBe(1));\n  \
        jest.resetModules();\n  jest.doMock('./b', () => ({ value: () => 8 }));\n  \
        expect(require('./a').get()).toBe(8);\n});\n";
    let manifest = r#"{ "name": "parcel", "jest": { "testEnvironment": "jsdom" },
        "babel": { "presets": ["@babel/preset-env"] } }"#;
    let red = Red::of_files_with_packages(
        "javascript-cart-react",
        &[
            ("greenloop.toml", "[[check]]\nrunner = \"jest\"\n"),
            ("package.json", manifest),
            ("src/price.js", code),
            ("src/clock.js", CLOCK),
            (
                "__mocks__/rates/index.js",
                "const { sep } = require('path');\nexports.rate = () => sep.length;\n",
            ),
            ("__mocks__/rates.txt", "Per kilo.\n"),
            (
                "src/__mocks__/clock.js",
                "export const zone = () => 3;\nexport const now = () => 0;\n",
            ),
            (
                "src/half.js",
                "export const half = (n) => n / 2;\nexport const third = (n) => n / 3;\n",
            ),
            ("src/price.test.js", test),
            (
                "src/a.js",
                "const b = require('./b');\nlet n = 0;\n\
                 module.exports = { next: () => ++n, get: () => b.value() };\n",
            ),
            ("src/b.js", "exports.value = () => 1;\n"),
            ("src/a.test.js", anew),
        ],
    );
    fixes_fast(&red, "`+` → `-` in src/price.js:6");
}

#[test]
fn vitest_gives_other_things_in_place_of_modules() {
    let api = "export const version = 3;\nexport interface Kind {\n  name: string;\n}\nexport async function load(id: number): Promise<string> {\n  \
        return `loaded ${id}`;\n}\nexport class Client {\n  get(path: string) {\n    return path;\n  }\n}\n\
        export default function ping() {\n  return 'pong';\n}\n";
    let store = "import { existsSync } from 'node:fs';\nimport ping, { Client, load, version } from './api';\n\n\
        export const title = async (id: number) => `<${await load(id + 1)}>`;\n\
        export const state = () => `${ping()} ${version}`;\nexport const get = () => new Client().get('x');\n\
        export const has = (name: string) => existsSync(name);\n";
    let whole = "import './both';\nimport { Client, type Kind as Other } from './api';\n\n\
        export {\n  Kind,\n  version as number,\n  Other,\n} from './kinds';\nexport { Client, load };\n\
        import { load } from './api';\nexport const other: Other | null = null;\n";
    let auto = "import { expect, test, vi } from 'vitest';\nimport { load, number } from '../src/whole';\n\
        import { get, has, state, title } from '../src/store';\n\n\
        vi.mock('../src/api');\nvi.mock(import('node:fs'), async (original) => {\n  \
        return { ...(await original()), existsSync: vi.fn(() => true) };\n});\n\n\
        test('does nothing', async () => {\n  vi.mocked(load).mockResolvedValue('a');\n  \
        expect(await title(2)).toBe('<a>');\n  expect([load.mock.calls, number]).toEqual([[[1]], 3]);\n  \
        expect([state(), get(), has('/nowhere')]).toEqual(['undefined 3', undefined, true]);\n});\n";
    let part = "import { expect, it, vi } from 'vitest';\nimport * as api from '../src/api';\n\
        import { state, title } from '../src/store';\n\n\
        const { fake } = vi.hoisted(() => ({ fake: vi.fn(async (id: number) => `#${id} (/[)]/)`) }));\n\n\
        vi.mock('../src/api', async (importOriginal) => {\n  const real = await importOriginal<typeof import('../src/api')>();\n  \
        return { ...real, load: fake, pattern: /[\"')]/ };\n});\n\n\
        it('keeps the rest', async () => {\n  expect([state(), await title(2)]).toEqual(['pong 3', '<#1 (/[)]/)>']);\n  \
        expect(api.load).toBe(fake);\n  const real = await vi.importActual<typeof api>('../src/api');\n  \
        expect(real.load).not.toBe(fake);\n  \
        vi.doMock('../src/api', () => ({ default: () => 'other', version: 4, load: fake, Client: Object }));\n  \
        vi.resetModules();\n  expect((await import('../src/store')).state()).toBe('other 4');\n});\n";
    let red = of_vitest(&[
        ("src/api.ts", api),
        ("src/store.ts", store),
        ("src/whole.ts", whole),
        (
            "src/both.ts",
            "import { version } from './api';\n\nexport const one = version;\nexports.two = 2;\n",
        ),
        ("src/kinds.ts", "export type { Kind as Other } from './api';\nexport * from './api';\n"),
        ("test/auto.test.ts", auto),
        ("test/part.test.ts", part),
    ]);
    fixes_fast(&red, "`+` → `-` in src/store.ts:4");
}

/// What one edit leaves there would be found by the next one.
#[test]
fn a_document_is_as_new_for_each_edit() {
    let code = "import icon from './page.svg';\nimport styles from './page.module.css';\nimport './page.css';\n\n\
        let pings = 0;\ndocument.addEventListener('ping', () => {\n  pings += 1;\n});\n\
        customElements.define('x-price', class extends HTMLElement {\n  connectedCallback() {\n    this.title = typeof icon;\n  }\n});\n\n\
        export function show(kilos: number, zone: number) {\n  const element = document.createElement('x-price');\n  \
        element.className = styles.text.includes('text') ? 'text' : '';\n  document.body.append(element);\n  \
        document.dispatchEvent(new Event('ping'));\n  element.textContent = `${kilos + zone} ${pings}`;\n}\n";
    let test = "// @vitest-environment happy-dom\nimport { expect, test } from 'vitest';\nimport { show } from '../src/page';\n\n\
        test('shows', () => {\n  show(6, 2);\n  show(5, 4);\n  \
        const all = [...document.body.children].map((one) => one.outerHTML);\n  \
        const of = (text: string) => `<x-price class=\"text\" title=\"string\">${text}</x-price>`;\n  \
        expect(all).toEqual([of('4 1'), of('1 2')]);\n  \
        localStorage.setItem('a', '1');\n  expect(localStorage.length).toBe(1);\n});\n\
        test('is there', async () => {\n  expect([window === globalThis, document.body.children.length]).toEqual([true, 2]);\n  \
        await new Promise((go) => requestAnimationFrame(go));\n  requestAnimationFrame(() => {});\n});\n";
    let red = of_vitest(&[
        ("src/page.ts", code),
        ("src/page.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n"),
        ("src/page.css", "p { color: red; }\n"),
        ("src/page.module.css", ".text { color: red; }\n"),
        ("test/page.test.ts", test),
    ]);
    fixes_fast(&red, "`+` → `-` in src/page.ts:20");
}

/// The runner ends such a file and can tell of none of its tests; many other edits of the loop never end or fill memory.
#[test]
fn what_never_ends_is_found_and_ended() {
    let code = "export function steps(n) {\n  if (n < 0) process.exit(0);\n  let at = 0;\n  const seen = [];\n  \
        while (at < n) {\n    seen.push(at);\n    at -= 1;\n  }\n  return seen;\n}\n";
    let test = "import test from 'node:test';\nimport assert from 'node:assert/strict';\n\
        import { steps } from '../steps.js';\n\n\
        test('none', () => assert.deepEqual(steps(0), []));\n\
        test('some', () => assert.deepEqual(steps(3), [0, 1, 2]));\n";
    let config = "[[check]]\nrunner = \"node-test\"\ntimeout_seconds = 20\n";
    let red = Red::of_files(&[
        ("package.json", MANIFEST),
        ("steps.js", code),
        ("test/steps.test.js", test),
        ("greenloop.toml", config),
    ]);
    let (tree, title, _) = red.fix(&[]);
    assert!(red.text(&tree, "steps.js").contains("at += 1"), "{title}");
}

/// The red test is red at once, and takes long with every edit that mends it.
#[test]
fn what_is_late_is_waited_for_where_nothing_else_is_found() {
    let code = "export function sum(n) {\n  if (n > 2) return -1;\n  const until = performance.now() + 30;\n  \
        while (performance.now() < until);\n  let total = 0;\n  for (let i = 1; i <= n; i++) total += i;\n  \
        return total;\n}\n";
    let test = "import test from 'node:test';\nimport assert from 'node:assert/strict';\n\
        import { sum } from '../sum.js';\n\ntest('adds', () => assert.equal(sum(4), 10));\n";
    let red =
        Red::of_files(&[("package.json", MANIFEST), ("sum.js", code), ("test/sum.test.js", test)]);
    fixes_fast(&red, "in sum.js:2");
}

/// One late edit mends, and there are a thousand others to try before the first wave ends.
#[test]
fn what_is_late_gets_its_share_of_the_time() {
    let code = "const spent = (ms) => {\n  const until = performance.now() + ms;\n  \
        while (performance.now() < until);\n};\n\n\
        export function sum(values, scale, from, to) {\n  spent(8);\n  \
        if (values.length > scale * from + to) return -1;\n  spent(150);\n  let total = 0;\n  \
        for (let i = from; i < to; i++) total += scale * values[i];\n  return total;\n}\n";
    let test = "import test from 'node:test';\nimport assert from 'node:assert/strict';\n\
        import { sum } from '../sum.js';\n\n\
        test('adds', () => assert.equal(sum([1, 2, 3, 4, 5], 2, 0, 4), 20));\n";
    let red =
        Red::of_files(&[("package.json", MANIFEST), ("sum.js", code), ("test/sum.test.js", test)]);
    let told = Mutex::new(Vec::new());
    red.fix_telling(&[], &|progress| told.lock().unwrap().push(progress));
    let told = told.into_inner().unwrap();
    let first = told.iter().find(|one| !one.best.is_empty()).unwrap();
    assert!(first.tried < 600, "{first:?}");
}

/// Node.js ends all tests of a file for one whose promise nothing can settle any more.
#[test]
fn what_waits_for_nothing_is_found_at_once() {
    let code = "export class Queue {\n  items = [];\n  waiting = [];\n\n  take() {\n    \
        if (this.items.length > 1) return Promise.resolve(this.items.shift());\n    \
        return new Promise((done) => this.waiting.push(done));\n  }\n}\n";
    let test = "import test from 'node:test';\nimport assert from 'node:assert/strict';\n\
        import { Queue } from '../queue.js';\n\n\
        test('takes', async () => {\n  const queue = new Queue();\n  queue.items.push('a');\n  \
        assert.equal(await queue.take(), 'a');\n});\n\
        test('waits', async () => {\n  const queue = new Queue();\n  const later = queue.take();\n  \
        setTimeout(() => queue.waiting[0]('z'), 50);\n  assert.equal(await later, 'z');\n});\n\
        test('is empty', () => assert.deepEqual(new Queue().items, []));\n";
    let red = Red::of_files(&[
        ("package.json", MANIFEST),
        ("queue.js", code),
        ("test/queue.test.js", test),
    ]);
    fixes_fast(&red, "in queue.js:6");
}

/// Node.js does not tell of what its pool of threads computes.
#[test]
fn what_is_computed_beside_the_loop_is_waited_for() {
    let code = "import { pbkdf2 } from 'node:crypto';\nimport { promisify } from 'node:util';\n\n\
        export async function digest(text, salt) {\n  \
        const key = await promisify(pbkdf2)(text, text, 600000, 4, 'sha256');\n  \
        return key.toString('hex');\n}\n";
    let test = "import test from 'node:test';\nimport assert from 'node:assert/strict';\n\
        import { pbkdf2Sync } from 'node:crypto';\nimport { digest } from '../digest.js';\n\n\
        test('salt', async () => {\n  const key = pbkdf2Sync('a', 'b', 600000, 4, 'sha256');\n  \
        assert.equal(await digest('a', 'b'), key.toString('hex'));\n});\n";
    let red = Red::of_files(&[
        ("package.json", MANIFEST),
        ("digest.js", code),
        ("test/digest.test.js", test),
    ]);
    // Which of the edits that give the salt is found first is a matter of time.
    fixes_fast(&red, "in digest.js:5");
}

#[test]
fn a_search_ends_when_it_is_cancelled() {
    let red = money(&MONEY.replace("a + 2", "a * 2 - a * a"));
    let cancel = CancelToken::new();
    let result = red.work(&[], &cancel, &|progress: Progress| {
        if progress.tried > 0 {
            cancel.cancel();
        }
    });
    assert!(matches!(result, WorkResult::Nothing { .. }), "{result:?}");
}
