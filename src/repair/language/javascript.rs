//! Where JavaScript and TypeScript projects keep tests and what decides how they are run.

use super::TestPaths;

pub static TEST_PATHS: TestPaths = TestPaths {
    folders: &["__tests__", "__mocks__", "__snapshots__", "__fixtures__"],
    names: &[
        "jest.config",
        "jest.setup",
        "vitest.config",
        "vitest.setup",
        "vitest.workspace",
        ".mocharc",
        "setupTests",
    ],
    prefixes: &[],
    suffixes: &[".test", ".spec", ".test-d"],
};
