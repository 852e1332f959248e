import adapter from '@sveltejs/adapter-static';

/** One page for every address: the server answers unknown paths with build/index.html. */
export default {
  compilerOptions: { runes: true },
  kit: {
    adapter: adapter({ fallback: 'index.html', precompress: true }),
    // Only the script policy is written into the page (its hash is known to the build alone);
    // everything that depends on the installation is a header of the server.
    csp: { mode: 'hash', directives: { 'script-src': ['self'] } },
    version: { pollInterval: 300_000 },
    alias: { $texts: 'texts' },
    typescript: {
      config: (config) => ({ ...config, include: [...config.include, '../tests/**/*.ts', '../texts/*.json'] })
    }
  }
};
