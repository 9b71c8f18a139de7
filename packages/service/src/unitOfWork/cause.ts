/** What led to something: an event, a request, or neither. Passed on, it makes one trace and one chain of causes. */
export interface Cause {
  /** The id of the event that led to it. */
  causationId?: string | undefined;
  /** W3C trace context of the step that led to it. */
  traceparent?: string | undefined;
  /** Aborted when nobody wants it any more: a caller that is gone, or has been told that it takes too long. What has not begun is not begun then. */
  unwanted?: AbortSignal;
}
