/** One server-sent event; https://html.spec.whatwg.org/multipage/server-sent-events.html */
export interface SseEvent {
  event: string;
  data: string;
}

/** Reads the events of a stream. Comments, ids and retry times are skipped; what is cut off at the end is dropped. */
export async function* readSse(body: AsyncIterable<Uint8Array> | null): AsyncGenerator<SseEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let event = 'message';
  let data: string[] = [];
  for await (const chunk of body ?? []) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const { field, value = '' } = /^(?<field>[^:]*):? ?(?<value>.*)$/.exec(line)?.groups ?? {};
      if (line === '') {
        if (data.length > 0) yield { event, data: data.join('\n') };
        event = 'message';
        data = [];
      } else if (field === 'event') event = value;
      else if (field === 'data') data.push(value);
    }
  }
}
