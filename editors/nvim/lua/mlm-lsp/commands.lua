-- :MlmLsp and its subcommands.
local binary = require('mlm-lsp.binary')
local options = require('mlm-lsp.options')
local server = require('mlm-lsp.server')

local M = {}

local error_level = vim.log.levels.ERROR

-- current returns the server of the current buffer, if there is one.
local function current() return server.clients(vim.api.nvim_get_current_buf())[1] end

-- client_here returns it, or says that there is none.
local function client_here()
  local client = current()
  if not client then server.tell('the server does not run in this buffer; :checkhealth mlm-lsp may say why', error_level) end
  return client
end

-- program returns the server's binary, or says that there is none.
local function program()
  local path, reason = binary.find()
  if not path then server.tell(reason, error_level) end
  return path
end

-- execute has the server of the current buffer do something about it, and passes on what comes of it.
local function execute(command, arguments, done)
  local client = client_here()
  if not client then return end
  local buffer = vim.api.nvim_get_current_buf()
  table.insert(arguments, 1, vim.uri_from_bufnr(buffer))
  server.request(client, 'workspace/executeCommand', { command = command, arguments = arguments }, function(err, result)
    if err then
      server.tell(err.message, error_level)
    elseif done then
      done(result)
    end
  end, buffer)
end

-- page opens a window on a text that is no file.
local function page(name)
  vim.cmd('botright new')
  local buffer = vim.api.nvim_get_current_buf()
  vim.bo[buffer].buftype, vim.bo[buffer].bufhidden, vim.bo[buffer].swapfile = 'nofile', 'wipe', false
  vim.api.nvim_buf_set_name(buffer, ('mlm-lsp://%s/%d'):format(name, buffer))
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = buffer, desc = 'close the window' })
  return buffer, function(text)
    if not vim.api.nvim_buf_is_valid(buffer) then return end
    vim.bo[buffer].modifiable = true
    vim.api.nvim_buf_set_lines(buffer, 0, -1, false, vim.split(text, '\n'))
    vim.bo[buffer].modifiable = false
  end
end

-- terminal runs a command where one can watch it. It runs in the home folder, so that no file of a project has a say in it.
local function terminal(command, done)
  vim.cmd('botright 15new')
  local window = vim.api.nvim_get_current_win()
  local how = {
    cwd = vim.uv.os_homedir(),
    on_exit = vim.schedule_wrap(function(_, code) done(code) end),
  }
  if vim.fn.has('nvim-0.11') == 1 then
    how.term = true
    vim.fn.jobstart(command, how)
  else
    vim.fn.termopen(command, how)
  end
  vim.api.nvim_win_set_cursor(window, { vim.api.nvim_buf_line_count(0), 0 }) -- so that it follows what is written
  vim.cmd('wincmd p')
end

--- explain_at shows what is known of the token at a position, beside the cursor.
--- @param client vim.lsp.Client
--- @param buffer integer
--- @param position { line: integer, character: integer } in the client's encoding
function M.explain_at(client, buffer, position)
  local params = { textDocument = { uri = vim.uri_from_bufnr(buffer) }, position = position }
  server.request(client, 'textDocument/hover', params, function(err, result)
    if err then
      server.tell(err.message, error_level)
    elseif result and result ~= vim.NIL and result.contents then
      local lines = vim.lsp.util.convert_input_to_markdown_lines(result.contents)
      vim.lsp.util.open_floating_preview(lines, 'markdown', { border = 'rounded', focus_id = 'mlm-lsp-explain' })
    else
      local status = server.status(client.id)
      local ready = not status or status.kind == 'ready'
      server.tell(ready and 'there is nothing to explain: neither a name nor an operator or a word stands there' or ('the server is not ready: %s'):format(status.message or status.kind))
    end
  end, buffer)
end

-- kinds lists those of the findings in the current buffer, the one nearest to the cursor first.
local function kinds()
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local found = vim.tbl_filter(function(d) return d.source == 'mlm-lsp' and type(d.code) == 'string' end, vim.diagnostic.get(0))
  local function far(d) return math.abs(d.lnum + 1 - row) * 10000 + math.abs(d.col - column) end
  table.sort(found, function(a, b) return far(a) < far(b) end)
  local list = {}
  for _, d in ipairs(found) do
    if not vim.list_contains(list, d.code) then table.insert(list, d.code) end
  end
  return list, found[1] and found[1].lnum + 1 == row
end

-- follow_silence saves the project's file, which the server has changed.
local function follow_silence(kind, uri)
  if type(uri) ~= 'string' then return end
  local buffer = vim.uri_to_bufnr(uri)
  local name = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buffer), ':~:.')
  local ok, err = pcall(vim.api.nvim_buf_call, buffer, function() vim.cmd('silent update') end)
  if ok then
    server.tell(('`%s` is not reported in this project any more: see %s'):format(kind, name))
  else
    server.tell(('saving %s: %s'):format(name, err), error_level)
  end
end

-- unsaved returns the name of a project's file above the current buffer that holds what the user has not saved: the server, which knows what is on the disk, would have it changed in the wrong place.
local function unsaved()
  local here = vim.api.nvim_buf_get_name(0)
  for _, b in ipairs(vim.api.nvim_list_bufs()) do
    local name = vim.api.nvim_buf_get_name(b)
    if vim.bo[b].modified and vim.fs.basename(name) == '.mlm-lsp.toml' and vim.startswith(here, vim.fs.dirname(name) .. '/') then return vim.fn.fnamemodify(name, ':~:.') end
  end
end

-- project returns the root of the project that the current buffer is in.
local function project()
  local client = current()
  return client and client.config.root_dir or vim.uv.cwd()
end

-- Each with what it does, and what may follow it.
M.all = {
  restart = { run = server.restart },
  doctor = {
    run = function()
      local path = program()
      if not path then return end
      local _, write = page('doctor')
      write('mlm-lsp doctor runs: some seconds')
      vim.system(vim.list_extend({ path, 'doctor' }, options.now.args), { text = true, cwd = vim.uv.os_homedir() }, vim.schedule_wrap(function(ended)
        write(vim.trim(ended.stdout .. '\n' .. ended.stderr) .. (ended.code == 0 and '' or ('\n\nmlm-lsp doctor ended with code %d: something needs mending'):format(ended.code)))
      end))
    end,
  },
  explain = {
    run = function()
      local client = client_here()
      if client then M.explain_at(client, vim.api.nvim_get_current_buf(), vim.lsp.util.make_position_params(0, client.offset_encoding).position) end
    end,
  },
  heat = {
    run = function()
      local client = client_here()
      if client then require('mlm-lsp.heat').toggle(vim.api.nvim_get_current_buf()) end
    end,
  },
  annotate = { run = function() execute('mlm-lsp.annotate', {}) end },
  silence = {
    run = function(kind)
      local found, here = kinds()
      if not kind and not here then
        server.tell('there is no finding in this line; `:MlmLsp silence KIND` says which kind', error_level)
        return
      end
      kind = kind or found[1]
      local name = unsaved()
      if name then
        server.tell(('%s has changes that are not saved: save it first'):format(name), error_level)
        return
      end
      execute('mlm-lsp.silence', { kind }, function(uri) follow_silence(kind, uri) end)
    end,
    values = kinds,
  },
  train = {
    run = function(minutes)
      minutes = minutes or '20'
      if not tonumber(minutes) or tonumber(minutes) <= 0 then
        server.tell(('`:MlmLsp train MINUTES`: %s is no number of minutes'):format(minutes), error_level)
        return
      end
      local path = program()
      if not path then return end
      local root = project()
      local out = vim.fs.joinpath(vim.fn.stdpath('data'), 'mlm-lsp', ('%s-%s.bundle'):format(vim.fs.basename(root), vim.fn.sha256(root):sub(1, 8)))
      vim.fn.mkdir(vim.fs.dirname(out), 'p')
      local command = { path, 'train', root, '--from', 'default', '--minutes', minutes, '--out', out }
      vim.list_extend(command, options.flag('--ort-library'))
      if vim.uv.fs_stat(out .. '.training') and not vim.uv.fs_stat(out) then table.insert(command, '--resume') end
      terminal(command, function(code)
        if code == 0 then
          server.tell(("the project's model is written. To use it: setup { args = { '--model', '%s' } }, then :MlmLsp restart"):format(out))
        else
          server.tell(('the training ended with code %d: its window says why. Begun again, it goes on from where it was'):format(code), error_level)
        end
      end)
    end,
    values = function() return { '5', '20', '60' } end,
  },
  log = {
    run = function()
      if not vim.uv.fs_stat(options.now.log_file) then
        server.tell(('the server has not logged anything yet: there is no %s'):format(options.now.log_file), error_level)
        return
      end
      vim.cmd('botright split ' .. vim.fn.fnameescape(options.now.log_file))
      vim.bo.autoread, vim.bo.swapfile = true, false
      vim.cmd('setlocal readonly | normal! G')
    end,
  },
  install = {
    run = function()
      local path = program()
      if not path then return end
      terminal({ path, 'runtime', 'install' }, function(code)
        if code ~= 0 then
          server.tell(('installing ONNX Runtime ended with code %d: the window says why'):format(code), error_level)
          return
        end
        server.tell('ONNX Runtime is installed')
        server.restart()
      end)
    end,
  },
}

--- names lists the subcommands.
--- @return string[]
function M.names()
  local names = vim.tbl_keys(M.all)
  table.sort(names)
  return names
end

--- run runs a subcommand.
--- @param words string[]
function M.run(words)
  local name, value = words[1], words[2]
  if not name then
    server.tell((':MlmLsp takes one of %s; :help mlm-lsp-commands'):format(table.concat(M.names(), ', ')))
    return
  end
  local command = M.all[name]
  if not command then
    server.tell(('there is no `:MlmLsp %s`: %s'):format(name, options.meant(name, M.names())), error_level)
  elseif #words > (command.values and 2 or 1) then
    server.tell(('`:MlmLsp %s` takes %s'):format(name, command.values and 'one word' or 'nothing'), error_level)
  else
    command.run(value)
  end
end

--- complete lists what may stand where the cursor is in a command line.
--- @param lead string what is typed of the word
--- @param line string the command line up to it
--- @return string[]
function M.complete(lead, line)
  local words = vim.split(vim.trim(line:match('MlmLsp(.*)') or ''), '%s+', { trimempty = true })
  if lead ~= '' then table.remove(words) end
  local list = {}
  if #words == 0 then
    list = M.names()
  elseif #words == 1 and M.all[words[1]] and M.all[words[1]].values then
    list = M.all[words[1]].values()
  end
  return vim.tbl_filter(function(w) return vim.startswith(w, lead) end, list)
end

return M
