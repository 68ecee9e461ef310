//! Holds the one integration-test binary in `it/`; see there.
