import { defaultStaffToken } from '@brew/sandbox';
import { RequestFailedError } from './errors.ts';

interface Problem {
  code?: string;
  detail?: string;
  errors?: { field?: string; message: string }[];
}

/**
 * Asks a service.
 * @param hint where to look when it refuses
 * @throws RequestFailedError in the service's own words, or saying that it does not answer
 */
export async function request(url: string, init: RequestInit, hint = ''): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    const { origin } = new URL(url);
    throw new RequestFailedError(`${origin} does not answer. See what runs with: npx brew status`, error);
  }
  if (response.ok) return response;
  const { code, detail, errors = [] } = (await response.json().catch(() => ({}))) as Problem;
  const what = [
    detail ?? `${url} answered ${response.status}.`,
    ...errors.map(({ field, message }) => `${field ? `${field}: ` : ''}${message}.`),
    ...(hint ? [hint] : []),
    // The service tells its callers nothing of what is behind it.
    ...(response.status === 503 ? ['See what stands still with: npx brew status'] : []),
  ];
  throw new RequestFailedError(what.join(' '), undefined, response.status, code);
}

/** The same as staff, with JSON: STAFF_TOKEN of the environment is what the service was started with, if that is not the default. */
export async function requestAsStaff(
  url: string,
  { method, body, signal }: { method: string; body?: object; signal: AbortSignal },
): Promise<Response> {
  const { STAFF_TOKEN = defaultStaffToken } = process.env;
  try {
    return await request(url, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${STAFF_TOKEN}` },
      ...(body && { body: JSON.stringify(body) }),
      signal,
    });
  } catch (error) {
    if (!(error instanceof RequestFailedError) || error.status !== 401) throw error;
    const todo = 'Set STAFF_TOKEN to the one that it was started with.';
    throw new RequestFailedError(`${error.message} ${todo}`, error, 401);
  }
}
