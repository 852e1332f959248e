// Runs before the first paint, so that a chosen theme does not flash.
try {
  var theme = localStorage.getItem('usher.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  var density = localStorage.getItem('usher.density');
  if (density === 'compact') document.documentElement.dataset.density = density;
} catch (e) {
  console.info('Usher: this browser keeps no settings (' + e.message + ').');
}
