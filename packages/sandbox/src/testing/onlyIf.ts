/** `test`, `it` or `describe` of Jest. */
interface Block<Rest extends unknown[]> {
  (title: string, ...rest: Rest): void;
  skip: (title: string, ...rest: Rest) => void;
}

/**
 * The same block where there is what its tests need. Otherwise it is skipped, and says why in its title: `npm test` counts it and repeats
 * that above its last line.
 *
 * @param whyNot what is missing, in half a sentence: "no Docker engine answers"; undefined when nothing is
 */
export const onlyIf = <Rest extends unknown[]>(whyNot: string | undefined, block: Block<Rest>) =>
  whyNot === undefined
    ? block
    : (title: string, ...rest: Rest) => block.skip(`${title} (skipped: ${whyNot})`, ...rest);
