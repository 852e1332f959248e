/** Light, dark or the system's; comfortable or compact. */
import { loadText, saveText } from './store';

export type Theme = 'system' | 'light' | 'dark';
export type Density = 'comfortable' | 'compact';

class Look {
  theme = $state<Theme>('system');
  density = $state<Density>('comfortable');

  constructor() {
    const theme = loadText('theme');
    if (theme === 'light' || theme === 'dark') this.theme = theme;
    if (loadText('density') === 'compact') this.density = 'compact';
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    saveText('theme', theme === 'system' ? null : theme);
  }

  setDensity(density: Density): void {
    this.density = density;
    if (density === 'compact') document.documentElement.dataset.density = density;
    else delete document.documentElement.dataset.density;
    saveText('density', density === 'compact' ? density : null);
  }

  get dark(): boolean {
    if (this.theme !== 'system') return this.theme === 'dark';
    return matchMedia('(prefers-color-scheme: dark)').matches;
  }

  toggle(): void {
    this.setTheme(this.dark ? 'light' : 'dark');
  }
}

export const look = new Look();
