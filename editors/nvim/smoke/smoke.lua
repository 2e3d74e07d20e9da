-- A Neovim that drives another one as a person would: it types keys and looks at what is shown. Started by ./run, which says in the
-- environment which server (MLM_LSP), which findings of its check (FINDINGS) and which log (LOG). Exits with 1 at the first thing amiss.
local here = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h')
local patience = 30000 -- ms; bounds a hanging test, asserts no speed

local child = vim.fn.jobstart({ vim.v.progpath, '--clean', '--embed', '--headless' }, { rpc = true })
local function call(method, ...) return vim.rpcrequest(child, method, ...) end
local function lua(code, ...) return call('nvim_exec_lua', code, { ... }) end
local function keys(s) call('nvim_input', s) end
local function line(n) return call('nvim_buf_get_lines', 0, n - 1, n, true)[1] end

local function finish(code)
  pcall(vim.rpcnotify, child, 'nvim_command', 'qa!')
  vim.fn.jobwait({ child }, 2000)
  os.exit(code)
end

-- expect waits until met returns something and gives it back.
local function expect(what, met)
  local got
  local ok = vim.wait(patience, function() got = met() return got end, 20)
  io.stdout:write(('%s %s\n'):format(ok and 'ok  ' or 'FAIL', what))
  if not ok then
    local _, messages = pcall(call, 'nvim_exec2', 'messages', { output = true })
    io.stdout:write(vim.inspect(messages), '\n')
    finish(1)
  end
  return got
end

lua([[
  local folder, binary, log = ...
  vim.opt.runtimepath:prepend(folder)
  vim.opt.completeopt = 'menuone,noselect'
  vim.opt.swapfile = false
  vim.lsp.config('mlm_lsp', {
    cmd = { binary, 'serve', '--log-file', log, '--log-level', 'debug' },
    settings = { ['mlm-lsp'] = { diagnostics = { severity = 'hint' } } },
  })
  vim.lsp.enable('mlm_lsp')
]], vim.fn.fnamemodify(here, ':h'), vim.env.MLM_LSP, vim.env.LOG)

-- A finding of check: "line" and "column" count from 1, columns bytes.
local finding = vim.json.decode(vim.fn.readfile(vim.env.FINDINGS)[1])
local found = ('%s:%d:%d %s'):format(finding.path, finding.line, finding.column, finding.message)

keys((':edit %s<CR>'):format(vim.fn.fnameescape(finding.path)))
expect('the server is attached', function() return lua([[local c = vim.lsp.get_clients({ bufnr = 0 })[1] return c ~= nil and c.initialized]]) end)

-- shown is the message of the diagnostic where check has its finding, if the editor shows one there as the settings want it.
local function shown()
  return lua([[
    local row, column = ...
    for _, d in ipairs(vim.diagnostic.get(0, { lnum = row })) do
      if d.col == column and d.severity == vim.diagnostic.severity.HINT then return d.message end
    end
  ]], finding.line - 1, finding.column - 1)
end
expect('the diagnostic is shown: ' .. found, function() return shown() == finding.message end)

local before = line(finding.line)
local fixed = {} -- what the line may be after a quick fix
for _, s in ipairs(finding.suggestions) do
  fixed[before:sub(1, finding.column - 1) .. s.text .. before:sub(finding.end_column)] = s.text
end
keys(('%dG%d|gra'):format(finding.line, vim.fn.strdisplaywidth(before:sub(1, finding.column))))
expect('the quick fixes are listed', function() return call('nvim_get_mode').mode == 'c' end)
keys('1<CR>')
expect('the quick fix is applied', function() return fixed[line(finding.line)] ~= nil end)
io.stdout:write(('     %s\n     %s\n'):format(before, line(finding.line)))
expect('the diagnostic is gone', function() return shown() ~= finding.message end)

keys(':silent update<CR>:edit area.py<CR>')
expect('a second file is open in the same server', function() return lua([[return #vim.lsp.get_clients({ bufnr = 0 }) == 1 and #vim.lsp.get_clients() == 1]]) and line(2) == '    return wi' end)
keys('2GA<C-x><C-o>')
local index = expect('the name in scope is in the menu', function()
  if call('nvim_call_function', 'pumvisible', {}) ~= 1 then return end
  for i, item in ipairs(call('nvim_call_function', 'complete_info', { { 'items' } }).items) do
    if item.word == 'width' then return i end
  end
end)
keys(('<C-n>'):rep(index) .. '<C-y><Esc>')
expect('the completion is accepted', function() return line(2) == '    return width' end)
expect('nothing went wrong meanwhile', function() return call('nvim_exec2', 'messages', { output = true }).output:find('Error') == nil end)

keys(':qa!<CR>')
expect('the editor and its server end', function() return vim.fn.jobwait({ child }, 0)[1] ~= -1 end)
os.exit(0)
