//! A whole Ferrodon for one test.
