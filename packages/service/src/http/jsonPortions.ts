import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/** The text of one JSON document, in portions. */
export type JsonPortions = AsyncIterable<string>;

/**
 * An object with one long list, of which no more than a portion is ever in memory.
 * @param head the fields before the list
 * @param tail the fields behind it, asked for when the list has been sent
 */
export async function* jsonPortions(
  head: object,
  name: string,
  portions: AsyncIterable<readonly unknown[]>,
  tail: () => object,
): JsonPortions {
  let before = `${JSON.stringify({ ...head, [name]: [] }).slice(0, -2)}`;
  for await (const portion of portions) {
    if (portion.length === 0) continue;
    yield before + JSON.stringify(portion).slice(1, -1);
    before = ',';
  }
  const rest = JSON.stringify(tail()).slice(1);
  yield `${before === ',' ? '' : before}]${rest === '}' ? '' : ','}${rest}`;
}

/**
 * Sends a document as it is made, no faster than the caller reads it. One that fails before its first portion is an error like
 * any other; after that the connection is cut, so that nobody takes a part for the whole.
 */
export async function sendJson(
  response: ServerResponse,
  portions: JsonPortions,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const portion of portions) {
      signal.throwIfAborted();
      if (!response.headersSent) response.setHeader('Content-Type', 'application/json; charset=utf-8');
      if (!response.write(portion)) await once(response, 'drain', { signal });
    }
    response.end();
    if (!response.writableFinished) await once(response, 'finish', { signal });
  } catch (error) {
    if (response.headersSent) response.destroy();
    if (!signal.aborted) throw error;
  }
}
