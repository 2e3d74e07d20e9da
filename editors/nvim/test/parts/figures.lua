-- What a user waits for, and what it all takes: medians of several rounds, each with a new editor. They are printed, not judged.
local child = require('child')
local new = vim.fn.has('nvim-0.11') == 1
local rounds = 5

local seen = {}
local function note(what, value) seen[what] = vim.list_extend(seen[what] or {}, { value }) end

-- resident returns the megabytes of memory that a process holds.
local function resident(pid)
  for line in io.lines(('/proc/%d/status'):format(pid)) do
    local kilobytes = line:match('^VmRSS:%s+(%d+)')
    if kilobytes then return tonumber(kilobytes) / 1024 end
  end
end

for round = 1, rounds do
  child.test(('round %d of %d'):format(round, rounds), new and '' or "vim.opt.completeopt = 'menuone,noselect'", function(c)
    -- waited types keys, and takes the time until met holds, to some milliseconds.
    local function waited(what, keys, met)
      local began = vim.uv.hrtime()
      c:keys(keys)
      c:expect(what, met, 4)
      note(what, (vim.uv.hrtime() - began) / 1e6)
    end
    local function hinted() return c:lua([[vim.cmd.redraw() return #vim.lsp.inlay_hint.get({ bufnr = 0 }) > 0]]) end
    note('memory before the server, MB', resident(c:lua('return vim.fn.getpid()')))
    waited('ms from opening the first file to its first type hint', ':edit history.py<CR>', hinted)
    waited('ms from opening the first Python file with a mistake to the diagnostic', ':edit inventory.py<CR>', function() return #c:diagnostics('mlm-lsp') > 0 end)
    -- Its server runs, and knows the project.
    c:keys(':edit area.py<CR>')
    c:expect('a file is open', function() return c:line(2) == '    return wi' end)
    c:keys('2GA')
    c:expect('text can be typed', function() return c:call('nvim_get_mode').mode == 'i' end)
    waited('ms from a key to the menu', new and 'd' or 'd<C-x><C-o>', function() return c:popup() end)
    c:keys('<C-e><Esc>')
    note('memory of the editor, MB', resident(c:lua('return vim.fn.getpid()')))
    note('memory of the server, MB', resident(c:pid()))
  end)
end

local names = vim.tbl_keys(seen)
table.sort(names)
for _, name in ipairs(names) do
  local values = seen[name]
  table.sort(values)
  io.stdout:write(('figure  Neovim %s  %s: %.0f (%.0f to %.0f of %d)\n'):format(tostring(vim.version()):match('^[%d.]+'), name, values[math.ceil(#values / 2)], values[1], values[#values], #values))
end
