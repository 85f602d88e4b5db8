"""Where recordings come from: links, playlists, channels, feeds, files, folders, lists of all these.

`expand` finds the items, `fetch` brings one here. Links and what lies behind them are hostile: see `guard`,
`network`.
"""
