//! The repair worker on Go modules: many edits in one build, and those that need one of their own.

use crate::place::rungs;
use crate::red::Red;

#[test]
fn a_module_is_fixed_by_edits_that_share_a_build() {
    let red = Red::of_fixture("go-ledger", "", &rungs().pop().unwrap().1);
    let (tree, title, fact) = red.fix(&[]);
    println!("{title} {fact:?}");
    assert!(red.text(&tree, "money/money.go").contains("if i < rest {"), "{title}");
}
