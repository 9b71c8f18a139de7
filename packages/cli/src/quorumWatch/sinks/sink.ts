import type { AlertChange } from '../alerts.ts';

/** What a sink is told, and what stands in the log and in the webhook's body. */
export interface Notice extends AlertChange {
  clusterId: string;
}

/** Somebody who wants to know when an alert begins or ends. */
export interface Sink extends AsyncDisposable {
  tell(notice: Notice): void;
}
