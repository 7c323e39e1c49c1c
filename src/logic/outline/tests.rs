//! Outlines of small files in every language.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;

fn path(path: &str) -> RepoPath {
    RepoPath::new(path).unwrap()
}

/// The outline as models see it, then the names that are used with their lines. Packing must not change it.
fn check(name: &str, text: &str) -> String {
    let outline = outline(&path(name), text).unwrap();
    assert_eq!(PackedOutline::of(&outline).outline(), outline);
    let used = outline.references.iter().map(|one| format!("{}:{:?}", one.name, one.lines));
    format!("{}{}", render(&outline), used.collect::<Vec<_>>().join(" "))
}

#[test]
fn python() {
    assert_snapshot!(check("a.py", "\
import os
LIMIT: int = 3
first, second = 1, 2

@decorated
class Shape(Base):
    sides = 4

    async def area(
        self,
        scale: float = 1.0,
    ) -> float:
        width = LIMIT
        def inner():
            return os.path
        return width * scale

def free(): return Shape().area()
"), @r"
    2 LIMIT: int = 3
    6-16 class Shape(Base)
      7 sides = 4
      9-16 async def area(self, scale: float = 1.0) -> float
        14-15 def inner()
    18 def free()
    Base:[6] LIMIT:[13] Shape:[18] area:[18] decorated:[5] first:[3] float:[11, 12] int:[2] os:[1, 15] path:[15] scale:[11, 16] second:[3] self:[10] width:[13, 16]
    ");
}

#[test]
fn rust() {
    assert_snapshot!(check("a.rs", "\
pub const LIMIT: usize = 3;
pub(crate) struct Shape<T> {
    sides: T,
}
impl<T> Display for Shape<T> where T: Copy {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        const INNER: u8 = 1;
        write!(f, \"{}\", self.sides)
    }
}
mod inner {
    pub trait Area { fn area(&self) -> f64; }
    macro_rules! twice { ($e:expr) => { $e * 2 } }
}
"), @r"
    1 pub const LIMIT: usize = 3
    2-4 pub(crate) struct Shape<T>
    5-10 impl<T> Display for Shape<T> where T: Copy
      6-9 fn fmt(&self, f: &mut Formatter<'_>) -> Result
    11-14 mod inner
      12 pub trait Area
        12 fn area(&self) -> f64
      13 macro_rules! twice { ($e:expr) => { $e * 2 } }
    Copy:[5] Display:[5] Formatter:[6] INNER:[7] Result:[6] Shape:[5] T:[2, 3, 5] _:[6] f:[6, 8] sides:[3, 8] write:[8]
    ");
}

#[test]
fn javascript() {
    assert_snapshot!(check("a.mjs", "\
import { read } from './read.js';
export const limit = 3, parse = async (text) => {
  const local = read(text);
  return local;
};
export default class Shape extends Base {
  #sides = 4;
  handler = () => this.area();
  area(scale = 1) { return this.#sides * scale; }
}
module.exports.run = function (argv) {};
describe('a', () => { const notAConstant = limit; });
const table = { visit: (node) => node, depth: 1 };
"), @r"
    2 export const limit = 3
    2-5 parse = async (text) =>
    6-10 export default class Shape extends Base
      8 handler = () =>
      9 area(scale = 1)
    11 module.exports.run = function (argv) {}
    13 const table = { visit: (node) => node, depth: 1 }
      13 visit: (node) =>
    #sides:[7, 9] Base:[6] area:[8] argv:[11] depth:[13] describe:[12] exports:[11] limit:[12] local:[3, 4] module:[11] node:[13] notAConstant:[12] read:[1, 3] scale:[9] text:[2, 3]
    ");
}

#[test]
fn typescript() {
    assert_snapshot!(check("a.ts", "\
export interface Options<T> { limit?: number; run(value: T): void }
export type Maybe<T> = T | undefined;
enum Color { Red, Green }
namespace Inner { export function free(this: Options<string>): Maybe<string>; }
export abstract class Shape implements Options<number> {
  constructor(private readonly color: Color) {}
  abstract area(): number;
  protected handler = (value: number): void => {};
}
const cast = <Maybe<string>>value;
"), @r"
    1 export interface Options<T>
      1 run(value: T): void
    2 export type Maybe<T> = T | undefined
    3 enum Color
    4 namespace Inner
      4 function free(this: Options<string>): Maybe<string>
    5-9 export abstract class Shape implements Options<number>
      6 constructor(private readonly color: Color)
      7 abstract area(): number
      8 protected handler = (value: number): void =>
    10 const cast = <Maybe<string>>value
    Color:[6] Green:[3] Maybe:[4, 10] Options:[4, 5] Red:[3] T:[1, 2] color:[6] limit:[1] value:[1, 8, 10]
    ");
    assert_snapshot!(check("a.tsx", "\
export const Button: FC<Props> = ({ label }) => <Frame title={label}>{label}</Frame>;
"), @r"
    1 export const Button: FC<Props> = ({ label }) =>
    FC:[1] Frame:[1] Props:[1] label:[1] title:[1]
    ");
}

#[test]
fn go() {
    assert_snapshot!(check("a.go", "\
package shape

const (
	Red, Green = 1, 2
)

var limit = 3

type Shape interface {
	Area(scale float64) float64
}
type Square struct{ side float64 }

func (s *Square) Area(scale float64) float64 {
	const inner = 1
	return s.side * helper(scale)
}
"), @r"
    4 Red, Green = 1, 2
    4 Red, Green = 1, 2
    7 var limit = 3
    9-11 type Shape interface
      10 Area(scale float64) float64
    12 type Square struct{ side float64 }
    14-17 func (s *Square) Area(scale float64) float64
    Square:[14] float64:[10, 12, 14] helper:[16] inner:[15] s:[14, 16] scale:[10, 14, 16] side:[12, 16]
    ");
}

#[test]
fn java() {
    assert_snapshot!(check("A.java", "\
public class Shape extends Base implements Area {
    private static final int LIMIT = 3;
    public Shape(int sides) { this.sides = sides; }
    @Override
    public <T> List<T> area(T scale) {
        int local = LIMIT;
        return List.of(scale);
    }
    enum Color { RED, GREEN }
    interface Area { int area(); }
}
"), @r"
    1-11 public class Shape extends Base implements Area
      2 private static final int LIMIT = 3
      3 public Shape(int sides)
      4-8 @Override public <T> List<T> area(T scale)
      9 enum Color
        9 RED
        9 GREEN
      10 interface Area
        10 int area()
    Area:[1] Base:[1] LIMIT:[6] List:[5, 7] Override:[4] T:[5] local:[6] of:[7] scale:[5, 7] sides:[3]
    ");
}

#[test]
fn c() {
    assert_snapshot!(check("a.h", "\
#define LIMIT 3
#define TWICE(x) ((x) * 2)
typedef struct shape { int sides; } shape_t;
enum color { RED, GREEN };
extern int counter;
int area(struct shape *s);
static const char *name(const shape_t *s)
{
    int local = LIMIT;
    return s->sides ? \"a\" : 0;
}
"), @r"
    1 #define LIMIT 3
    2 #define TWICE(x) ((x) * 2)
    3 typedef struct shape { int sides; } shape_t
      3 typedef struct shape
    4 enum color
    5 extern int counter
    6 int area(struct shape *s)
    7-11 static const char *name(const shape_t *s)
    GREEN:[4] LIMIT:[9] RED:[4] local:[9] s:[6, 7, 10] shape:[6] shape_t:[7] sides:[3, 10] x:[2]
    ");
}

#[test]
fn what_people_did_not_write_has_no_outline() {
    let cases = [
        ("a.txt", "def f(): pass\n".to_owned(), false),
        ("a.py", String::new(), true),
        ("a.py", "def f(:\n  ((\n".to_owned(), true),
        ("a.js", format!("var a={};\n", "1+".repeat(1_000)), false),
        ("a.py", "a = 1\n".repeat(OUTLINE_FILE_BYTES_MAX / 6 + 1), false),
    ];
    for (name, text, has) in cases {
        assert_eq!(outline(&path(name), &text).is_some(), has, "{name}");
    }
}

#[test]
fn a_long_signature_is_cut_between_characters() {
    let text = format!("def f({}):\n  pass\n", "ü, ".repeat(200));
    let outline = outline(&path("a.py"), &text).unwrap();
    let signature = &outline.definitions[0].signature;
    assert!(signature.ends_with('…') && signature.len() < 170, "{signature}");
}

proptest! {
    /// Whatever is on the disk is read without a fault, and what comes of it can be shown.
    #[test]
    fn any_bytes_are_safe_to_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let outline = PackedOutline::from_bytes(&bytes).outline();
        render(&outline);
    }

    /// Pieces of real code in any order: never a panic, lines in the file, parents before their children.
    #[test]
    fn any_text_has_a_sound_outline(
        ending in prop::sample::select(vec!["py", "rs", "js", "ts", "tsx", "go", "java", "c"]),
        pieces in prop::collection::vec(prop::sample::select(vec![
            "class A", "def f", "fn f", "function ", "(", ")", "{", "}", ":", "\n", "  ", "=", "x", "ü", "impl ",
            "type T ", "struct S", "=>", ";", "#define ", "func ", "\"", "const ", "<", ">", ".", ",", "\r\n",
        ]), 0..60),
    ) {
        let text = pieces.concat();
        let outline = outline(&path(&format!("a.{ending}")), &text).unwrap();
        let n_lines = text.lines().count().max(1) as u32;
        for (at, one) in outline.definitions.iter().enumerate() {
            prop_assert!(1 <= one.first_line && one.first_line <= one.last_line && one.last_line <= n_lines);
            prop_assert!(one.parent.is_none_or(|parent| (parent as usize) < at));
        }
        prop_assert!(outline.references.is_sorted_by(|a, b| a.name < b.name));
        prop_assert_eq!(PackedOutline::of(&outline).outline(), outline);
    }
}
