//! The engine against the oracle: the same documents, the same results.

use stepwell_tests::{
    generate::{Knobs, case},
    oracle::{self, normal},
    sim::{Faults, Run, delivers},
};

#[test]
fn five_hundred_random_workflows_end_as_the_oracle_says() {
    let mut completed = 0;
    for seed in 0..500 {
        let knobs = Knobs { deterministic: true, size: 3 + (seed as usize % 14), waits: true, children: seed % 2 == 0 };
        let case = case(seed, knobs);
        let expected = oracle::run(&case.document, &case.saved, &case.input);
        let fate = Run::new(&case, seed, Faults::default(), delivers(seed % 3 == 0)).finish();
        let fate = fate.unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", case.document));
        let about = || format!("seed {seed}, input {}\n{}", case.input, case.document);
        assert_eq!(fate.status.as_str(), expected.status, "{} {:?} {:?}", about(), fate.code, expected.code);
        assert_eq!(fate.output, normal(&expected.output), "{}", about());
        completed += usize::from(expected.status == "completed");
    }
    assert!(completed > 200, "only {completed} of 500 workflows complete: the generator has lost its point");
}
