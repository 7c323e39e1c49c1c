//! The repair worker on Go modules, whose edits are tried with a check each.

use crate::place::rungs;
use crate::red::Red;

#[test]
fn a_module_is_fixed() {
    let red = Red::of_fixture("go-ledger", "", &rungs().pop().unwrap().1);
    let (tree, title, _) = red.fix(&[]);
    assert!(red.text(&tree, "money/money.go").contains("if i < rest {"), "{title}");
}
