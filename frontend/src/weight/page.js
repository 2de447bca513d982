for (const map of document.querySelectorAll('.map')) {
  const told = map.parentNode.querySelector('.told');
  const tiles = [...map.querySelectorAll('[aria-label]')];
  let at;
  const tell = (tile) => {
    if (!tile || tile === at) return;
    if (at) at.classList.remove('at');
    at = tile;
    at.classList.add('at');
    const [path, ...rest] = tile.getAttribute('aria-label').split('\n');
    const name = document.createElement('b');
    name.textContent = path;
    told.replaceChildren(name, document.createElement('br'), rest.join(' '));
  };
  const go = (tile) => {
    if (!tile) return;
    tiles.forEach((other) => { other.tabIndex = other === tile ? 0 : -1; });
    tile.focus();
  };
  const up = (tile) => tile.parentElement.closest('[aria-label]');
  const beside = (tile, step) => {
    const row = tiles.filter((other) => up(other) === up(tile));
    return row[row.indexOf(tile) + step];
  };
  map.addEventListener('pointerover', (event) => tell(event.target.closest('[aria-label]')));
  map.addEventListener('click', (event) => go(event.target.closest('[aria-label]')));
  map.addEventListener('focusin', (event) => tell(event.target));
  map.addEventListener('keydown', (event) => {
    const tile = event.target;
    const next = {
      ArrowRight: () => beside(tile, 1),
      ArrowLeft: () => beside(tile, -1),
      ArrowDown: () => tile.querySelector('[aria-label]'),
      ArrowUp: () => up(tile),
    }[event.key];
    if (next) {
      event.preventDefault();
      go(next());
    }
  });
}
