import { images, whyNoContainers } from '../containers/engine.ts';

/** What the infrastructure of a test run is made of: containers, or child processes as `npm start` has them. */
export type Provider = 'docker' | 'embedded';

const needed = [images.kafka, images.postgres, images.registry];

/**
 * As BREW_TEST_INFRA says: docker or embedded. Without it, containers where an engine answers and has the images.
 *
 * @returns the provider, and why it is this one
 * @throws Error when BREW_TEST_INFRA asks for what can't be had, or is something else
 */
export async function chooseProvider(
  env: NodeJS.ProcessEnv,
  look: typeof whyNoContainers = whyNoContainers,
): Promise<{ provider: Provider; why: string }> {
  const asked = env.BREW_TEST_INFRA;
  if (asked === 'embedded') return { provider: 'embedded', why: 'BREW_TEST_INFRA says so' };
  if (asked !== undefined && asked !== '' && asked !== 'docker') {
    throw new Error(`BREW_TEST_INFRA is ${asked}. Set it to docker or embedded, or not at all.`);
  }
  const whyNot = await look(needed);
  if (whyNot === undefined) {
    return { provider: 'docker', why: asked ? 'BREW_TEST_INFRA says so' : 'an engine has the images' };
  }
  if (asked === 'docker') throw new Error(`BREW_TEST_INFRA is docker, but ${whyNot}.`);
  return { provider: 'embedded', why: whyNot };
}
