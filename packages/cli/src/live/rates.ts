export interface TopicRate {
  topic: string;
  /** Events per second, over the last ten complete seconds, or as many as there were. */
  perSecond: number;
  /** Events in each of those seconds, the oldest first. */
  history: number[];
}

export interface Rates {
  count(topic: string, now: number): void;
  snapshot(now: number): TopicRate[];
}

const WINDOW_SECONDS = 10;

/** Counts events per second and topic. The second that is running is left out: it would always look low. */
export function createRates(topics: readonly string[]): Rates {
  const counts = new Map<string, Map<number, number>>(topics.map((topic) => [topic, new Map()]));
  let beginning: number | undefined;

  return {
    count(topic, now) {
      const second = Math.floor(now / 1_000);
      beginning ??= second;
      const ofTopic = counts.get(topic);
      if (!ofTopic) return;
      ofTopic.set(second, (ofTopic.get(second) ?? 0) + 1);
      for (const old of ofTopic.keys()) if (old < second - WINDOW_SECONDS) ofTopic.delete(old);
    },
    snapshot(now) {
      const running = Math.floor(now / 1_000);
      const seconds = Math.min(WINDOW_SECONDS, Math.max(1, running - (beginning ?? running)));
      return topics.map((topic) => {
        const history = Array.from(
          { length: WINDOW_SECONDS },
          (_, index) => counts.get(topic)?.get(running - WINDOW_SECONDS + index) ?? 0,
        );
        return { topic, history, perSecond: history.reduce((sum, count) => sum + count, 0) / seconds };
      });
    },
  };
}
