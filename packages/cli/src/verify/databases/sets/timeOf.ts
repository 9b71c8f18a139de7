/** A time in words, also one that no clock can show. @param time in milliseconds */
export const timeOf = (time: number): string =>
  Number.isNaN(new Date(time).getTime()) ? String(time) : new Date(time).toISOString();
