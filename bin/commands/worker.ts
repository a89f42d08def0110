import { tellReady } from '../child.ts';
import { type Configuration, requireServices } from '../configuration.ts';
import { createCore } from '../core.ts';
import { createStopping } from '../stopping.ts';

/** `couponry worker`: the Temporal workers and the relay. Resolves when they run; ends by a signal. */
export const worker = async (given: Configuration): Promise<void> => {
  const configuration = requireServices(given);
  const stopping = createStopping();
  const core = await createCore(configuration, 'couponry worker');
  stopping.add('core', core.close);
  tellReady();
};
