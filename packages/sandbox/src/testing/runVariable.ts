/** Carries the name of a run of `npm test` into everything that it starts: so the next run finds what is left of one that was killed. */
export const runVariable = 'BREW_TEST_RUN';
