import type { SseMessage } from '@brew/service';

/** What is told while a replay goes on, for as long as somebody listens. */
export interface Messages extends AsyncIterable<SseMessage> {
  /** A message that is still unread is replaced by the next one of `progress`. */
  send(event: string, data: unknown): void;
  end(): void;
}

export function createMessages(): Messages {
  let unread: SseMessage[] = [];
  let ended = false;
  let more = Promise.withResolvers<void>();
  const tell = () => {
    more.resolve();
    more = Promise.withResolvers();
  };
  return {
    send(event, data) {
      if (event === 'progress') unread = unread.filter((message) => message.event !== 'progress');
      unread.push({ event, data });
      tell();
    },
    end() {
      ended = true;
      tell();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const [next] = unread.splice(0, 1);
        if (next) yield next;
        else if (ended) return;
        else await more.promise;
      }
    },
  };
}
