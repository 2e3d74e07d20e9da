-- :checkhealth mlm-lsp
local binary = require('mlm-lsp.binary')
local options = require('mlm-lsp.options')
local server = require('mlm-lsp.server')

local M = {}

local health = vim.health

-- output runs the program with some arguments, and returns what it wrote, or nil and what it complained of.
local function output(path, ...)
  local ok, ended = pcall(function(...) return vim.system({ path, ... }, { text = true, cwd = vim.uv.os_homedir(), timeout = 60000 }):wait() end, ...)
  if not ok then return nil, tostring(ended) end
  if ended.code ~= 0 then return nil, vim.trim(ended.stderr ~= '' and ended.stderr or ended.stdout) end
  return vim.trim(ended.stdout)
end

local function check_editor()
  health.start('mlm-lsp: Neovim')
  local version = vim.version()
  local is = ('Neovim %d.%d.%d'):format(version.major, version.minor, version.patch)
  if vim.fn.has('nvim-0.12') == 1 then
    health.ok(is)
  elseif vim.fn.has('nvim-0.11') == 1 then
    health.ok(is .. '; from 0.12 on it can show the rest of an expression in place, too')
  elseif vim.fn.has('nvim-0.10') == 1 then
    health.ok(is .. '; from 0.11 on it completes while one types by itself; here by CTRL-X CTRL-O, or by nvim-cmp or blink.cmp')
  else
    health.error(is .. ' is too old', 'Install Neovim 0.10 or newer.')
  end
  local engine = require('mlm-lsp.completion').engine()
  if engine then
    health.info(('Completions are shown by %s.'):format(engine))
  elseif options.now.completion and vim.fn.has('nvim-0.11') == 1 then
    health.info('Completions are shown by Neovim itself.')
  end
end

local function check_options()
  health.start('mlm-lsp: options')
  if #options.problems == 0 then health.ok('Those of setup are all right') end
  for _, problem in ipairs(options.problems) do
    health.error(problem, 'Mend it in init.lua; until then the default holds: :help mlm-lsp-options')
  end
end

-- check_program returns the path of the program if it runs.
local function check_program()
  health.start('mlm-lsp: program')
  local relative = binary.relative()
  if #relative > 0 then
    health.info(('Not looked into, since a project could choose the program there: "%s" on the PATH'):format(table.concat(relative, '", "')))
  end
  local path, reason = binary.find()
  if not path then
    local advice = { 'In a clone of mlm-lsp: go install ./cmd/mlm-lsp', "Or name it: require('mlm-lsp').setup { binary = '/path/to/mlm-lsp' }" }
    local built = vim.fs.joinpath(vim.uv.os_homedir(), 'go', 'bin', options.now.binary)
    if vim.fn.executable(built) == 1 then table.insert(advice, 1, ('There is one where Go puts it: put %s on the PATH'):format(vim.fs.dirname(built))) end
    health.error(reason, advice)
    return
  end
  local version, complaint = output(path, '--version')
  if not version then
    health.error(('%s does not run: %s'):format(path, complaint), 'Build it again for this machine: go install ./cmd/mlm-lsp')
    return
  end
  health.ok(('%s: %s'):format(path, version))
  return path
end

local function check_parts(path)
  local library, complaint = output(path, 'runtime', 'info', unpack(options.flag('--ort-library')))
  if library then
    health.ok('Runtime library: ' .. library:gsub('%s*\n%s*', ', '):gsub('%s+', ' '))
  else
    health.error('Runtime library: ' .. complaint, 'Run :MlmLsp install once.')
  end
  local model
  model, complaint = output(path, 'model', 'info', unpack(options.flag('--model')))
  if model then
    local row = {}
    for name, value in model:gmatch('(%w+) +([^\n]+)') do row[name] = row[name] or value end
    health.ok(('Model: %s (%s)'):format(row.bundle or '?', row.model or '?'))
  else
    health.error('Model: ' .. complaint, 'Mend or take out `--model` among the option `args`.')
  end
  health.info('Whether the model answers rightly, and how fast: :MlmLsp doctor')
end

local function check_clients()
  health.start('mlm-lsp: server')
  local clients = server.clients()
  if #clients == 0 then
    health.warn('It does not run', { 'It starts with the first file of a known language: ' .. table.concat(options.now.filetypes, ', ') })
  end
  for _, client in ipairs(clients) do
    local files = {}
    for buffer in pairs(client.attached_buffers) do table.insert(files, vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buffer), ':~:.')) end
    table.sort(files)
    local status = server.status(client.id) or { kind = 'starting' }
    local line = ('Client %d in %s, positions in %s, %d buffers: %s'):format(client.id, client.config.root_dir or 'no project', client.offset_encoding, #files, table.concat(files, ', '))
    if status.kind == 'noModel' or status.kind == 'error' then
      health.error(line .. ('\n%s: %s'):format(status.kind, status.message or ''), status.action == 'install-runtime' and ':MlmLsp install' or { ':MlmLsp log', ':MlmLsp restart' })
    else
      health.ok(line .. ': ' .. status.kind .. (status.message and status.message ~= '' and ', ' .. status.message or ''))
    end
  end
  local stat = vim.uv.fs_stat(options.now.log_file)
  health.info(stat and ('Log: %s, %.1f kB; :MlmLsp log'):format(options.now.log_file, stat.size / 1024) or ('Log: %s, not yet written'):format(options.now.log_file))
  health.info('What a server that crashed wrote last is in the log of Neovim: ' .. vim.lsp.log.get_filename())
end

function M.check()
  check_editor()
  check_options()
  local path = check_program()
  if path then check_parts(path) end
  check_clients()
end

return M
