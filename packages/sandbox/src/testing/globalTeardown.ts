/** Stops what globalSetup started and removes its folder; does nothing when it started nothing. */
export default async function globalTeardown(): Promise<void> {
  const { endTestInfrastructure } = globalThis as { endTestInfrastructure?: () => Promise<void> };
  await endTestInfrastructure?.();
}
