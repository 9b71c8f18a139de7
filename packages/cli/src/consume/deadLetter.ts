import type { ReceivedRecord } from '@brew/kafka';

/** Why a record lies in a group's dead letters, as its headers tell. */
export interface DeadLetter {
  group: string;
  /** `failed`, or `key_parked`: it came behind a failed one of its key. */
  reason: string;
  source: { topic: string; partition: number; offset: number };
  error?: { name: string; message: string; code?: string };
  attempts?: number;
  lastFailedAt?: string;
}

/** Undefined for a record that is none. */
export function deadLetterIn({
  headers = {},
}: Partial<Pick<ReceivedRecord, 'headers'>>): DeadLetter | undefined {
  const {
    dlq_reason: reason,
    dlq_error_name: name,
    dlq_error_message: message = '',
    dlq_error_code: code,
  } = headers;
  if (reason === undefined) return undefined;
  return {
    group: headers.dlq_group ?? '',
    reason,
    source: {
      topic: headers.dlq_source_topic ?? '',
      partition: Number(headers.dlq_source_partition),
      offset: Number(headers.dlq_source_offset),
    },
    ...(name !== undefined && { error: { name, message, ...(code !== undefined && { code }) } }),
    ...(headers.dlq_attempts !== undefined && { attempts: Number(headers.dlq_attempts) }),
    ...(headers.dlq_last_failed_at !== undefined && { lastFailedAt: headers.dlq_last_failed_at }),
  };
}

/** "failed after 5 attempts: BREW_EVENT_INVALID Not a valid … (brew.orders.v1, partition 3, offset 42)" */
export function reasonOf({ reason, source, error, attempts }: DeadLetter): string {
  const where = `${source.topic}, partition ${source.partition}, offset ${source.offset}`;
  if (error === undefined) return `${reason} (${where})`;
  const times = attempts === undefined ? '' : ` after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`;
  return `${reason}${times}: ${error.code ?? error.name} ${error.message} (${where})`;
}
