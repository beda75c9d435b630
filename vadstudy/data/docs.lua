-- A page of docs/ in build/docs/: its links to other pages lead to those, and links out of docs/ into the project.

function Link(link)
  local page, part = link.target:match("^([%w-]+)%.md(.*)$")
  if page then
    link.target = (page == "README" and "index" or page) .. ".html" .. part
  else
    link.target = link.target:gsub("^%.%./", "../../")
  end
  return link
end
