import type { Configuration } from '../configuration.ts';
import { readDevelopmentFile } from '../data-folder.ts';
import { createScreen } from '../demo/screen.ts';
import { tellStory } from '../demo/story.ts';

/** Does what a CRM and a checkout would, against the server that runs. @throws where something is not as it should be */
export const demo = async (configuration: Configuration): Promise<void> => {
  const development = readDevelopmentFile(configuration.dataDir);
  const screen = createScreen(process.stdout);
  await tellStory(screen, development);
  screen.line('');
  screen.line('All of it happened.');
};
