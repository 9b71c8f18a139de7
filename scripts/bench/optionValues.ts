/** @throws when what an option says is no number, or less than the least */
export function numberOption(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!(value >= least)) throw new Error(`--${name} ${text} is no number from ${least} up.`);
  return value;
}
