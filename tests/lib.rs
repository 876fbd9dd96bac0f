//! Whole-product suites of Gudok; each folder beside this file is one test target.
